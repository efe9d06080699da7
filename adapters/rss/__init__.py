"""Reads episodes from RSS feeds and OPML lists."""
