"""Reads vectors from Pinecone for the builder, and searches them for sessions."""
