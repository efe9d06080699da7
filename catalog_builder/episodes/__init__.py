"""From raw records to validated episodes, each once."""
