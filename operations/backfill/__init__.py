"""Backfill: summaries for all users who engaged before Earshot was there."""
