"""Synthetic catalogs, users and vectors of any size."""
