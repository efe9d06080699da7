"""Parses the bytes of feeds and OPML lists, in a process of their own."""
