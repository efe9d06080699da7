"""Computes what a catalog holds of its embeddings: inverted file, cosine scale and map."""
