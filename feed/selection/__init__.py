"""From scored candidates to a queue; knows no catalog and no user."""
