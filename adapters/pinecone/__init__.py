"""Vectors in Pinecone: read by the builder, searched by sessions."""
