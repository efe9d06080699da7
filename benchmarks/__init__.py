"""Measurements: speed is shown here, and asserted nowhere."""
