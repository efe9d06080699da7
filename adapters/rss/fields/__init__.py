"""Maps the XML elements of a feed to the fields of episodes."""
