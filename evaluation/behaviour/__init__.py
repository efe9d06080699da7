"""Behaviour cases: each TOML file describes a small catalog, a user and what the feed must do."""

from pathlib import Path

CASES = Path(__file__).parents[1] / "cases"
"""Folder of the cases that Earshot ships."""
