"""What the benchmarks share: servers, clients, clocks and the systems compared with."""
