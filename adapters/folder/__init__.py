"""A shelf, leases and caches in a local folder."""
