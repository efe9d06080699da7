"""Firestore events to summaries."""
