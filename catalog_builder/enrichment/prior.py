"""Estimates the editorial scores that episodes lack, from what their publishers deliver.

The weights were chosen by reasoning, not fitted (docs/enrichment.md). Each is in points of a score
from 0 to 5: what the estimate gains when a term goes from its lowest value to its highest.
"""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from catalog_builder.enrichment import shows
from feed.catalog.signals import Signals
from feed.model.episode import Episode

MIDDLE = 2.5
"""the typical score of a catalog in which no episode has one"""
WEIGHTS = {
    "completeness": 0.3,
    "notes": 0.2,
    "duration": 0.3,
    "show_age": 0.6,
    "regularity": 0.1,
    "completion": 1.0,
    "return_rate": 1.0,
    "whole_episode": 1.5,
}
"""by term; each term is from 0 to 1"""
LONG_NOTES = 1000
"""characters of notes from which on more of them say no more"""
SHORT_S, WHOLE_S = 180.0, 1200.0
"""durations, in seconds, at which an episode is as good as a trailer, and at which it is whole"""
MAX_TRAILER_S = 600.0
"""seconds of a trailer that only its title calls so"""
EXTRA = 0.8
"""of `whole_episode` for a bonus, or an episode that is sent again"""
OLD_SHOW_DAYS = 3650.0
"""days that a show has run from which on more of them say no more"""

_FIELDS = ("image_url", "audio_url", "url", "duration_s", "people", "entities")
_MORE_FIELDS = ("transcript_url", "chapters_url")
_TRAILER = re.compile(
    r"\b(?:trailer|teaser|sneak peek|coming soon|tráiler|bande[- ]annonce)\b", re.IGNORECASE
)
_EXTRA_WORDS = (
    r"(?:re-?runs?|re-?broadcast|re-?release|re-?air|replay|encore|best[- ]of|throwback"
    r"|from the (?:archives?|vault)|wiederholung|rediffusion|repetición|bonus)"
)
# Alone in brackets, or before a colon or dash: "Best of Both Worlds" is a title like any other.
_IS_EXTRA = re.compile(
    rf"[\[(]{_EXTRA_WORDS}\b[^\])]*[\])]|^\W*{_EXTRA_WORDS}(?: episode)?\s*[:|\u2013\u2014-]\s",
    re.IGNORECASE,
)

Floats = npt.NDArray[np.float64]


def estimated_scores(
    scores: npt.NDArray[np.float64], terms: dict[str, Floats]
) -> npt.NDArray[np.float32]:
    """Returns (n,) the estimate, 0 to 5, that stands in for a missing credibility or insight.

    `scores` (n, 4) are editorial scores, NaN where missing, `terms` those of `prior_terms`. The
    typical episode gets the median of the scores that are known, or else `MIDDLE`. NaN for an
    episode that has both scores.
    """
    both = scores[:, :2]
    is_missing = np.isnan(both).any(axis=1)
    known = both[~np.isnan(both)]
    prior = sum((WEIGHTS[name] * term for name, term in terms.items()), np.zeros(len(scores)))
    typical = np.median(prior) if len(prior) else 0.0
    level = np.median(known) if len(known) else MIDDLE
    estimate = np.clip(level + prior - typical, 0.0, 5.0)
    return np.where(is_missing, estimate, np.nan).astype(np.float32)


def prior_terms(
    episodes: Sequence[Episode],
    published_us: npt.NDArray[np.int64],
    series: npt.NDArray[np.int32],
    signals: Signals,
) -> dict[str, Floats]:
    """Returns (n,) each term of the prior, from 0 to 1, by its name in `WEIGHTS`.

    `published_us` (n,) and `series` (n,) are those of a catalog; `signals` say what listeners did.
    """
    count = len(signals.series_return)
    days = shows.run_days(published_us, series, count)
    returns = np.append(signals.series_return, 0.0)[series]  # -1, no show, is the last one
    seconds = np.array([one.duration_s or np.nan for one in episodes])
    return {
        "completeness": _completeness(episodes),
        "notes": _log_share(np.array([_notes_length(one) for one in episodes]), LONG_NOTES),
        "duration": _duration(seconds),
        "show_age": _log_share(days, OLD_SHOW_DAYS),
        "regularity": shows.regularity(published_us, series, count),
        "completion": _known_or_median(signals.completion, ~np.isnan(signals.completion)),
        "return_rate": _known_or_median(returns, returns > 0),
        "whole_episode": np.where(seconds < SHORT_S, 0.0, [_wholeness(one) for one in episodes]),
    }


def _completeness(episodes: Sequence[Episode]) -> Floats:
    """The share of the fields that an episode has, of those that any episode has."""
    has = np.array([_fields(one) for one in episodes], np.bool_)
    used = np.count_nonzero(has.any(axis=0))
    share: Floats = np.count_nonzero(has, axis=-1) / max(1, used)
    return share.astype(np.float64)


def _fields(episode: Episode) -> list[bool]:
    """Whether an episode has each of the fields that make it complete."""
    categories = episode.categories
    return [
        bool(categories and (categories.major or categories.subcategories)),
        bool(_notes_length(episode)),
        *(bool(getattr(episode, name)) for name in (*_FIELDS, *_MORE_FIELDS)),
    ]


def _notes_length(episode: Episode) -> int:
    return len(episode.key_insight or episode.description or "")


def _log_share(values: npt.NDArray[np.number], most: float) -> Floats:
    """log(1 + value) as a share of that of `most`, at most 1."""
    share: Floats = np.minimum(np.log1p(values.astype(np.float64)) / np.log1p(most), 1.0)
    return share


def _duration(seconds: Floats) -> Floats:
    """0 at `SHORT_S` or less, 1 at `WHOLE_S` or more, and where the duration is unknown."""
    known = np.nan_to_num(seconds, nan=WHOLE_S)
    share = np.log(np.maximum(known, 1.0) / SHORT_S) / np.log(WHOLE_S / SHORT_S)
    clipped: Floats = np.clip(share, 0.0, 1.0)
    return clipped


def _wholeness(episode: Episode) -> float:
    """1 for a whole episode, `EXTRA` for a bonus or an episode that is sent again, 0 for a trailer.

    A feed says which is which (`itunes:episodeType`), or else the title, in some languages; an
    episode of ten minutes is no trailer, whatever its title says.
    """
    is_short = (episode.duration_s or 0.0) < MAX_TRAILER_S
    if episode.episode_type == "trailer" or (is_short and _TRAILER.search(episode.title)):
        return 0.0
    is_extra = episode.episode_type == "bonus" or _IS_EXTRA.search(episode.title)
    return EXTRA if is_extra else 1.0


def _known_or_median(values: npt.NDArray[np.floating], known: npt.NDArray[np.bool_]) -> Floats:
    """The known values, and their median in place of the others; 0 if none is known."""
    middle = float(np.median(values[known])) if known.any() else 0.0
    return np.where(known, values, middle).astype(np.float64)
