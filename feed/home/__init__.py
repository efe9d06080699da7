"""The home page: shelves of episodes and series, all chosen from one pass over the catalog."""
