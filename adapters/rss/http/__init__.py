"""Fetches the bytes of feeds: bounded, decompressed, from public addresses, with a cache."""
