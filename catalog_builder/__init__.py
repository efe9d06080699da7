"""Builds catalogs from episodes and publishes them: `python -m catalog_builder`."""
