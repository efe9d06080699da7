"""What a run is asked for, and its progress, with which a later call continues."""

import hashlib
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

import msgspec

from feed.model.engagement import EpisodeId
from feed.ranking.audience import Member

MAX_EPISODES = 100
MAX_PLACES = 1_000_000
"""members of all audiences of a run; bounds memory"""
MAX_CALL_S = 1500.0
"""seconds after which a call of the function saves its progress, well before its timeout"""
_MAX_NAME = 180


class AudienceError(ValueError):
    """No audience can be found for a request; the message says why."""


class AudienceRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which episodes to find the audiences of, and how large they may be."""

    episodes: Annotated[tuple[EpisodeId, ...], msgspec.Meta(max_length=MAX_EPISODES)] = ()
    """ids of episodes in the catalog"""
    since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """also all episodes that were published since then, at most 100 in all"""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_PLACES)] = 10_000
    """most users in the audience of an episode; of all episodes together at most 1,000,000"""
    within: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    """worst place, among all that a session would offer the user, of an episode that is announced
    to users who do not follow its series"""
    leave_out: Annotated[tuple[EpisodeId, ...], msgspec.Meta(max_length=MAX_EPISODES)] = ()
    """ids of episodes: the users in their files are left out, since they were told of these"""


class AudienceProgress(msgspec.Struct, kw_only=True, array_like=True):
    """How far a run got; all summaries up to `position` are done."""

    began_us: int
    """the time that all users are ranked for, microseconds since 1970, UTC"""
    catalog_version: str
    episodes: tuple[str, ...]
    """(e,) ids of the episodes"""
    position: str = ""
    """of the next page of summaries"""
    users: int = 0
    reads: int = 0
    """documents"""
    left_out: int = 0
    """users who were told of another episode"""
    found: list[int] = []
    """(e,) users to whom each episode should be announced, those beyond the limit included"""
    members: list[list[Member]] = []
    """(e,) the best of them, at most as many as the limit"""


def progress_name(request: AudienceRequest, *more: object) -> str:
    """The name of the file with the progress of a run: another one for each different request."""
    digest = hashlib.sha256(msgspec.json.encode([request, *more])).hexdigest()
    return f"progress-{digest[:16]}"


def file_name(episode_id: str) -> str:
    """The name of the file with an episode's audience: its id in percent-encoding, shortened."""
    name = quote(episode_id, safe="")
    if len(name) > _MAX_NAME:
        digest = hashlib.sha256(episode_id.encode()).hexdigest()
        name = f"{name[: _MAX_NAME - 17]}-{digest[:16]}"
    return f"{name}.jsonl"
