"""A shelf, leases and caches in Cloud Storage."""
