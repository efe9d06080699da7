"""Stores users in a SQLite file."""
