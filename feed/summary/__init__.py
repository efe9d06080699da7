"""The stored summary of a user, and its one writer."""
