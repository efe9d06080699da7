"""Keeps a shelf, leases and a build cache in a local folder."""
