"""Checks built catalogs and manages the versions on a shelf."""
