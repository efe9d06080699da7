"""Passes over all users that rebuild their summaries: what reconcile and backfill share."""
