"""Estimates what another policy would have earned, from logged decisions."""
