"""Language tags of users in the standard form of BCP 47."""

import re
from functools import lru_cache

NO_LANGUAGE = frozenset({"mis", "mul", "und", "zxx"})
"""tags that stand for an unknown language, several languages, or none"""
_STANDARD = re.compile(r"(?!bh|in|iw|ji|jw|mo|sh|tl|tw)[a-z]{2}(-[A-Z]{2})?")
"""tags in standard form; all others go through langcodes, whose import takes 40 ms"""


@lru_cache(maxsize=1000)
def standard_tag(text: str) -> str | None:
    """Return a language tag in standard form: `en` for `eng`, `en-US` for `en_us`.

    None for a text that is no language tag.
    """
    import langcodes  # noqa: PLC0415  # few requests need it

    try:
        tag = langcodes.standardize_tag(text.strip(), macro=True)
    except ValueError:
        return None
    primary = tag.partition("-")[0]
    return tag if primary not in NO_LANGUAGE and langcodes.tag_is_valid(primary) else None


def standard_tags(stored: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tags of a stored profile in standard form, each once, without invalid ones.

    Returns `stored` itself if nothing changes.
    """
    if all(map(_STANDARD.fullmatch, stored)):
        return stored
    found = (one if _STANDARD.fullmatch(one) else standard_tag(one) for one in stored)
    return tuple(dict.fromkeys(tag for tag in found if tag))
