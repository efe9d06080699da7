"""The stored summary of a user: its document, and its one writer."""
