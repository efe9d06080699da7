"""Answers to questions about the catalog: sources, citations, and the events of a stream."""
