"""Episodes from RSS feeds and OPML lists."""
