"""Tuning: a seeded search over the parameters of a scenario, on a validation cut."""
