"""Reconcile: rebuilds users' summaries from their engagements, and reports what was wrong."""
