"""Any endpoint that speaks OpenAI's API: a local model, or another vendor's."""
