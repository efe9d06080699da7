"""The content of an episode, which a model is asked about, and its key in the stored results."""

import hashlib
from typing import NamedTuple

import msgspec

from feed.model.episode import Episode

MAX_TEXT_CHARS = 2_000
"""of the description"""
MAX_TITLE_CHARS = 300
PROMPT_VERSION = 1
"""part of the keys: with another prompt or schema, every episode is asked about again"""


class Content(NamedTuple):
    """What a model is told of an episode."""

    title: str
    series: str
    description: str

    @property
    def text(self) -> str:
        """The title, the series and the description, a line each."""
        return f"{self.title}\n{self.series}\n{self.description}"

    def key(self) -> str:
        """Returns what the result is stored under: equal contents are asked about once."""
        data = msgspec.json.encode([PROMPT_VERSION, *self])
        return hashlib.sha256(data).hexdigest()[:24]


def content_of(episode: Episode) -> Content:
    """Returns what a model is told of an episode."""
    series = episode.series.name if episode.series and episode.series.name else ""
    description = episode.key_insight or episode.description or ""
    return Content(
        episode.title[:MAX_TITLE_CHARS], series[:MAX_TITLE_CHARS], description[:MAX_TEXT_CHARS]
    )


def lacks_something(episode: Episode) -> bool:
    """Whether an episode lacks something that is worth the price of asking a model.

    Those are scores that a ranking needs, an insight, or a category. Names, a language or the mark
    for explicit words alone are not.
    """
    scores, categories = episode.scores, episode.categories
    has_scores = scores and None not in (scores.credibility, scores.insight)
    has_categories = categories and (categories.major or categories.subcategories)
    return not (has_scores and has_categories and episode.key_insight)
