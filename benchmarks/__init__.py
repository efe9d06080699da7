"""Benchmarks of speed, memory and cost. Tests check that they run, never how fast anything is."""
