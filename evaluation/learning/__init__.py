"""Learns the curves of a scenario from what listeners saw and did, as the log says it."""
