"""Standardizes the languages of episodes as BCP 47 tags, so that `eng`, `en_US` and `en` match."""

from collections import Counter
from collections.abc import Iterable
from functools import cache

import langcodes
import msgspec

from feed.model.episode import Episode, primary_subtag

MAX_NOTES = 20
NO_LANGUAGE = frozenset({"mis", "mul", "und", "zxx"})
"""Primary subtags that name no single known language."""


def standardize_languages(episodes: Iterable[Episode]) -> tuple[list[Episode], list[str]]:
    """Returns the episodes with standard language tags, and notes about tags that are invalid.

    A tag whose primary subtag is standard stays as it is. An episode with an invalid tag is kept,
    and its language becomes unknown.
    """
    invalid: Counter[str] = Counter()
    standardized = []
    for episode in episodes:
        given = episode.language
        if given is not None and (tag := _standard_tag(given)) != given:
            invalid[given] += tag is None
            standardized.append(msgspec.structs.replace(episode, language=tag))
        else:
            standardized.append(episode)
    return standardized, [
        f"language {given[:40]!r} of {count} episodes is no BCP 47 tag like en: taken as unknown"
        for given, count in invalid.most_common(MAX_NOTES)
        if count
    ]


@cache
def _standard_tag(given: str) -> str | None:
    for text in (given.strip(), primary_subtag(given.strip())):  # `en-us.utf8` still means `en`
        try:
            tag = langcodes.standardize_tag(text, macro=True)
        except ValueError:
            continue
        primary = primary_subtag(tag)
        if primary in NO_LANGUAGE:
            return None
        if langcodes.tag_is_valid(primary):
            return given if primary == primary_subtag(given) else tag
    return None
