"""Everything known about the episodes, in columns; row i is one episode."""
