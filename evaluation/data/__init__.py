"""Interactions to evaluate on: read from files or generated, and what is known from them."""
