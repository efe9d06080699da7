"""Audience: which users new episodes should be announced to."""
