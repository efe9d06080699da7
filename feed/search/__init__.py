"""Search: which episodes match some words. Lexical, with the catalog's embeddings beside it."""
