"""Who is asking: tokens, keys and pseudonyms."""
