"""How good a search is: graded queries, and the metrics of their results."""
