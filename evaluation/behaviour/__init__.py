"""Behaviour: cases as data, each a small world, a person in it, and what has to hold."""

from pathlib import Path

CASES = Path(__file__).parents[1] / "cases"
"""The shipped cases."""
