"""Reconcile: summaries rebuilt from engagements, and a report of how they had drifted."""
