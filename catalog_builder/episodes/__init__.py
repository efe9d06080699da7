"""Turns raw records into validated episodes, each exactly once."""
