"""Category names: spellings that differ only in case or white space are one category."""


def category_key(name: str) -> str:
    """A key that is equal for all spellings of one category's name."""
    return " ".join(name.split()).casefold()
