"""Numpy columns that every package uses; knows no catalog."""
