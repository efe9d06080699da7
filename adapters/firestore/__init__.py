"""Stores users and reads episodes in Firestore."""
