"""What benchmarks share: function processes, load drivers, measurement, compared libraries."""
