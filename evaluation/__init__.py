"""Evaluation: how good a ranking is, on behaviour, real choices and logs. See docs/evaluation.md."""
