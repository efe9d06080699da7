"""Emulates an endpoint that speaks OpenAI's API: chat completions and embeddings."""
