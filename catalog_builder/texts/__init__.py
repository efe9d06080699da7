"""Texts of episodes beside a snapshot: kept while a build reads, written for the shelf."""
