"""Emulates the generative models of Vertex AI, region by region."""
