"""What every request gets: limits, errors, compression and the access log."""
