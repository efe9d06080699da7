"""Evaluation: how good a ranking is. See docs/evaluation.md."""
