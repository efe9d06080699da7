"""What a feed is about: episodes, engagements, profiles and summaries."""
