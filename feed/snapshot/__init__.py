"""A catalog to bytes and back."""
