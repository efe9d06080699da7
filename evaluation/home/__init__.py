"""How many of a home page's episodes are what made-up listeners are known to be interested in."""
