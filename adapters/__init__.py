"""Adapters: implementations of the ports in `feed.ports`, one vendor a module or package."""
