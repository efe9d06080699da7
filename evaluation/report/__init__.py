"""HTML reports of evaluations, each a single page without external resources."""
