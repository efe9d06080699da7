"""Embeddings and the search over them; knows no catalog."""
