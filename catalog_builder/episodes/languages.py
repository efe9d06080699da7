"""Languages of episodes as BCP 47 has them, so that `eng`, `en_US` and `en` are one."""

from collections import Counter
from collections.abc import Iterable
from functools import cache

import langcodes
import msgspec

from feed.model.episode import Episode, primary_subtag

SHOWN = 20
NO_LANGUAGE = frozenset({"mis", "mul", "und", "zxx"})
"""tags for a language that is unknown, or is not one"""


def standard_languages(episodes: Iterable[Episode]) -> tuple[list[Episode], list[str]]:
    """The episodes with their languages in standard form, and notes of what is no language.

    A tag whose primary subtag is standard already stays as it is. An episode whose language is no
    tag is kept, in a language that is unknown.
    """
    unknown: Counter[str] = Counter()
    standard = []
    for episode in episodes:
        said = episode.language
        if said is not None and (tag := _standard(said)) != said:
            unknown[said] += tag is None
            standard.append(msgspec.structs.replace(episode, language=tag))
        else:
            standard.append(episode)
    return standard, [
        f"language {said[:40]!r} of {count} episodes is no BCP 47 tag like en: taken as unknown"
        for said, count in unknown.most_common(SHOWN)
        if count
    ]


@cache
def _standard(said: str) -> str | None:
    for text in (said.strip(), primary_subtag(said.strip())):  # `en-us.utf8` still says `en`
        try:
            tag = langcodes.standardize_tag(text, macro=True)
        except ValueError:
            continue
        primary = primary_subtag(tag)
        if primary in NO_LANGUAGE:
            return None
        if langcodes.tag_is_valid(primary):
            return said if primary == primary_subtag(said) else tag
    return None
