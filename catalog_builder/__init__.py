"""Builds the catalog and publishes it: `python -m catalog_builder`."""
