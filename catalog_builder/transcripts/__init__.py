"""Fetches chapters and transcripts, and makes parts with times of them."""
