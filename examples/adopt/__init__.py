"""The app of docs/adopt.md: its schema, its rules, and what it writes."""
