"""Sanitises the notes of episodes."""
