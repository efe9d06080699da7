"""A local server that answers as Pinecone's API does."""
