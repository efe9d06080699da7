"""Fills in what an episode lacks. What a person set stays as it is."""

from typing import Any

import msgspec

from catalog_builder.enrichment.models.answer import SCORES, Answer
from feed.model.episode import Categories, Episode, Scores


def enriched(episode: Episode, answer: Answer) -> Episode:
    """Returns the episode with what it lacks, and the names of what was filled in (`generated`)."""
    given = {
        "scores": _scores(episode.scores or Scores(), answer),
        "categories": Categories(answer.categories or None, answer.subcategories or None),
        **{name: getattr(answer, name) for name in ("key_insight", "people", "entities")},
        **{name: getattr(answer, name) for name in ("language", "explicit", "evergreen")},
    }
    filled: dict[str, Any] = {
        name: value
        for name, value in given.items()
        if _lacks(episode, name) and value not in (None, "", [], Categories())
    }
    if not filled:
        return episode
    return msgspec.structs.replace(episode, **filled, generated=sorted(filled))


def _lacks(episode: Episode, name: str) -> bool:
    """Whether an episode lacks a field, or one of its scores, or any category."""
    value = getattr(episode, name)
    if name == "scores":
        return value is None or None in msgspec.structs.astuple(value)
    if name == "categories":
        return value is None or not (value.major or value.subcategories)
    return value is None or value in ("", [])


def _scores(scores: Scores, answer: Answer) -> Scores:
    """The scores of a person, and those of the model where a person set none."""
    missing = {
        name: getattr(answer, name).score for name in SCORES if getattr(scores, name) is None
    }
    return msgspec.structs.replace(scores, **missing)
