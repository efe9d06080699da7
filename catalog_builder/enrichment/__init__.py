"""Fills in what episodes lack, without any model: estimated scores, names and categories."""
