"""Insights: which of them a user sees, in which order and for which reason."""
