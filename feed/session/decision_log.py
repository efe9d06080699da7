"""Decision log: what log lines say of what was ranked, shown, seen and done.

The API writes these fields and the evaluation reads them. All names of a session's lines are ids of
its catalog, and a user is a pseudonym. Types never vary, and no list holds a list, so that a table
of BigQuery can hold the lines.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from feed.arrays.arrays import FloatArray, IntArray
from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement, EngagementType
from feed.model.impressions import Impression
from feed.model.timestamps import rfc3339
from feed.ranking.candidates import SourceBits, source_names
from feed.ranking.filters import age_days
from feed.scenarios.experiment import Assignment

MAX_SEEN = 200
"""Number of episodes seen that a line names; a line of Cloud Logging has at most 256 KB."""
_HEX_DIGITS = frozenset("0123456789abcdef")
_SESSION_DIGITS = 16
_SPREAD = 0x9E3779B97F4A7C15
"""2^64 over the golden ratio: multiples of it are spread evenly, modulo 2^64 (Knuth, 1973)"""


class Draw(msgspec.Struct, frozen=True):
    """An episode that was drawn at random for an exploration slot."""

    position: int
    """its place in the queue as it was ranked, from 1"""
    episode_id: str
    propensity: float
    """the probability of the draw, 0 to 1, among the candidates for the slot"""


class RankedQueue(msgspec.Struct, frozen=True):
    """The whole queue of a session with what its k scores were made of."""

    episode_ids: list[str]
    """(k,) as they were ranked"""
    scores: list[float]
    """(k,) final scores"""
    parts: dict[str, list[float]]
    """by part of the score: (k,) before weights and curves"""


class ShownList(msgspec.Struct, frozen=True, omit_defaults=True):
    """Episodes that an answer showed one below the other: a page of a session, or of a shelf."""

    first_position: int
    """place of the first one in its session or shelf, from 1"""
    episode_ids: list[str] = []
    ages_days: list[int] = []
    """of each: whole days since its publication"""
    sources: dict[str, list[int]] = {}
    """by source: the places of the episodes that it proposed"""
    shelf: str = ""
    """name of the shelf; empty for a session"""


class SeenList(msgspec.Struct, frozen=True):
    """Episodes of one session that were on the screen for a second or more."""

    session_id: str
    episode_ids: list[str]


class LoggedEngagement(msgspec.Struct, frozen=True, omit_defaults=True):
    """An engagement without its id."""

    episode_id: str
    type: EngagementType
    at: str
    """when it happened, by the client's clock (RFC 3339)"""
    progress: float | None = None


class DecisionLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of a log line that an evaluation reads; a line has those that it is about."""

    message: str = ""
    """method, route and status of the request"""
    time: str = ""
    """when the request was answered (RFC 3339)"""
    user: str = ""
    """pseudonym; empty for an anonymous session"""
    session_id: str = ""
    scenario: str = ""
    scenario_version: str = ""
    """of a new session: digest of the scenario's parameters (`feed.scenarios.version`)"""
    experiment: Assignment | None = None
    catalog_version: str = ""
    catalog_episodes: int = 0
    """number of episodes in the catalog that was ranked"""
    degraded: list[str] = []
    drawn: list[Draw] = []
    """the random choices of a new session's queue"""
    queue: RankedQueue | None = None
    """of a new session, for the share of sessions that the setting `LOG_PARTS` says"""
    shown: list[ShownList] = []
    seen: list[SeenList] = []
    engagement: LoggedEngagement | None = None


def is_session_id(text: str) -> bool:
    """Whether a text may be the id of a session."""
    return len(text) == _SESSION_DIGITS and _HEX_DIGITS.issuperset(text)


def is_sampled(seed: int, share: float) -> bool:
    """Whether the session of a seed is among this share, 0 to 1, of all sessions."""
    return seed * _SPREAD % 2**64 < share * 2**64


def shown_list(
    catalog: Catalog,
    rows: IntArray,
    first_position: int,
    now_us: int,
    *,
    sources: SourceBits | None = None,
    shelf: str = "",
) -> ShownList:
    """What the log says of the episodes (k,) of one list of an answer.

    `sources` (k,) are those that proposed each episode, if any is known.
    """
    by_source: dict[str, list[int]] = {}
    for position, names in enumerate(
        [] if sources is None else source_names(sources), first_position
    ):
        for name in names:
            by_source.setdefault(name, []).append(position)
    ages = age_days(catalog.published_us[rows], now_us)
    ids = [catalog.ids[row] for row in rows.tolist()]
    return ShownList(first_position, ids, ages.tolist(), by_source, shelf)


def ranked_queue(
    catalog: Catalog, rows: IntArray, scores: FloatArray, parts: Mapping[str, FloatArray]
) -> RankedQueue:
    """What the log says of a whole queue (k,), with numbers of six decimals."""
    return RankedQueue(
        [catalog.ids[row] for row in rows.tolist()],
        np.round(scores, 6).tolist(),
        {name: np.round(part, 6).tolist() for name, part in parts.items()},
    )


def seen_lists(catalog: Catalog, impressions: Sequence[Impression]) -> list[SeenList]:
    """What the log says of impressions, one list for each session.

    Names only episodes of the catalog and ids that sessions can have, since a client may send any
    text, and at most `MAX_SEEN` episodes.
    """
    by_session: dict[str, dict[str, None]] = {}
    some = impressions[:MAX_SEEN]
    rows = catalog.rows([one.episode_id for one in some]).tolist()
    for one, row in zip(some, rows, strict=True):
        if row >= 0 and is_session_id(one.session_id):
            by_session.setdefault(one.session_id, {})[catalog.ids[row]] = None
    return [SeenList(session, list(ids)) for session, ids in by_session.items()]


def logged_engagement(catalog: Catalog, engagement: Engagement) -> LoggedEngagement | None:
    """What the log says of an engagement; None where the catalog does not have its episode."""
    (row,) = catalog.rows([engagement.episode_id]).tolist()
    if row < 0:
        return None
    return LoggedEngagement(
        catalog.ids[row], engagement.type, rfc3339(engagement.timestamp_us), engagement.progress
    )
