"""Measures how soon insights find bursts, and how often they raise a false alarm."""
