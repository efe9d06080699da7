"""Google's Gemini on Vertex AI, by `google-genai`, which takes a second to import."""
