"""Ports: the interfaces that adapters implement, one subject a file."""
