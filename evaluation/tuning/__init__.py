"""Tuning: a seeded search over a scenario's numbers, on a validation cut."""
