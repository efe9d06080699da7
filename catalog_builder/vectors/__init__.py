"""What the builder computes from embeddings: the inverted file, the cosine scale and the map."""
