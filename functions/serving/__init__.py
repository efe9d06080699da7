"""The state of one process: the catalog in memory, time budgets and circuit breakers."""
