"""The nouns: episode, engagement, profile, summary, timestamps."""
