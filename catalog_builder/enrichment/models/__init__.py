"""Fills in what episodes lack with a generative model: scores, an insight, topics and names."""
