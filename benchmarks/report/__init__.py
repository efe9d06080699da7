"""Results of benchmarks as tables, plots and one page."""
