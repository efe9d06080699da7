"""Interactions to evaluate on: read from files, or made up."""
