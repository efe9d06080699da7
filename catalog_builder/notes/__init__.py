"""Sanitises the notes of episodes, and writes them for the shelf."""
