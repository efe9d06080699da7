"""Finds out which people, things and topics a catalog is about, and which are rising."""
