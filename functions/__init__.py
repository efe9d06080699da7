"""Serve and react: thin entries over routes, catalog holder, auth, errors, telemetry, settings."""
