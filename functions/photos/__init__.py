"""Photos: pictures that people send, and what they say about a mood."""
