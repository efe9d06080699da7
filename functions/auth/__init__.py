"""Authentication: verifiers of tokens, Google's keys, and pseudonyms for the log."""
