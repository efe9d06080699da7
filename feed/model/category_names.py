"""Names of categories: those that differ only in case or space name one category."""


def category_key(name: str) -> str:
    """Return what all spellings of a name have in common."""
    return " ".join(name.split()).casefold()
