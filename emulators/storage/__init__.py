"""A local server that answers as Cloud Storage does, with faults on request."""
