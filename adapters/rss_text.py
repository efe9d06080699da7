"""Plain text out of what feeds call a title or a description."""

from feed.markup import fold, heading, plain

__all__ = ["fold", "heading", "plain"]
