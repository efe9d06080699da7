"""Keeps a shelf, leases and a build cache in Cloud Storage."""
