"""Users in one SQLite file."""
