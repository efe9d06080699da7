"""Request in, pages and cursor out."""
