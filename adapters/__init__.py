"""Adapters: one vendor a file. Each offers a port and imports nothing of ours but `feed`."""
