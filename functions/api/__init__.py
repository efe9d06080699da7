"""One handler per address of the HTTP API."""
