"""Computes the signals of a catalog from what all users did."""
