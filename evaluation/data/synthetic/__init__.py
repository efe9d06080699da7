"""Synthetic shows and listeners of several kinds, so that `make evaluate` needs no input."""
