"""Results of benchmarks as text, JSON, an HTML page and a part of the docs."""
