"""Summaries that are wrong in every way, and the drift that a reconcile has to find in each."""

import asyncio
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from feed.model.engagement import Engagement, Profile, Summary, newest
from feed.ports.users import SummaryStore

ENGAGEMENTS = tuple(
    Engagement(id=name, episode_id=f"of-{name}", type="like", timestamp_us=at)
    for name, at in (("c", 3), ("b", 2), ("a", 1))
)
PROFILE = Profile(languages=("en",), muted_series=("s",))
RIGHT = Summary(engagements=ENGAGEMENTS, profile=PROFILE)
FOREIGN = Engagement(id="x", episode_id="x", type="click", timestamp_us=2)


class Case(NamedTuple):
    """A user with a stored summary, or None, and the drift to find in it, or None."""

    summary: Summary | None
    drift: dict[str, Any] | None
    known: bool = True
    """whether the user has the engagements and the profile of `RIGHT`"""


def _but(**fields: Any) -> Summary:
    return msgspec.structs.replace(RIGHT, **fields)


_c, _b, _a = ENGAGEMENTS
_MUTED = msgspec.structs.replace(PROFILE, muted_series=("s", "t"))
_LIKED_LATE = msgspec.structs.replace(_a, timestamp_us=9)
_ALL_OF_IT = {"engagements_missing": 3, "profile": ["muted_series", "languages"]}
_ALL_TOO_MUCH = {"engagements_extra": 3, "profile": ["muted_series", "languages"]}

CASES = {
    "right": Case(RIGHT, None),
    "nobody": Case(None, None, known=False),
    "lost": Case(None, {"summary_missing": True, **_ALL_OF_IT}),
    "empty": Case(Summary(), _ALL_OF_IT),
    "left-behind": Case(RIGHT, {"summary_superfluous": True, **_ALL_TOO_MUCH}, known=False),
    "left-empty": Case(Summary(), {"summary_superfluous": True}, known=False),
    "one-missing": Case(_but(engagements=(_c, _a)), {"engagements_missing": 1}),
    "one-extra": Case(_but(engagements=(_c, _b, FOREIGN, _a)), {"engagements_extra": 1}),
    "one-changed": Case(_but(engagements=(_LIKED_LATE, _c, _b)), {"engagements_changed": 1}),
    "disordered": Case(_but(engagements=(_a, _b, _c)), {"disordered": True}),
    "twice": Case(_but(engagements=(_c, _b, _b, _a)), {"disordered": True}),
    "incomplete": Case(_but(incomplete=True), {"incomplete": True}),
    "profile": Case(_but(profile=_MUTED), {"profile": ["muted_series"]}),
    "much": Case(
        Summary(engagements=(FOREIGN, _LIKED_LATE), profile=PROFILE, incomplete=True),
        {
            "incomplete": True,
            "engagements_missing": 2,
            "engagements_extra": 1,
            "engagements_changed": 1,
        },
    ),
}
"""Cases by user id."""


def found(cases: dict[str, Case] = CASES) -> dict[str, dict[str, Any]]:
    """Returns the drift of each user that has any."""
    return {uid: case.drift for uid, case in cases.items() if case.drift is not None}


async def seed(store: SummaryStore, cases: dict[str, Case] = CASES) -> None:
    """Stores the users of these cases."""
    fields = {name: value for name, value in msgspec.structs.asdict(PROFILE).items() if value}
    for uid, case in cases.items():
        if case.known:
            await asyncio.gather(*(store.put_engagement(uid, one) for one in ENGAGEMENTS))
            await store.update_profile(uid, fields)
        if case.summary is not None:
            await store.write_summary(uid, case.summary, None)


async def assert_exact(store: SummaryStore, uids: Iterable[str]) -> None:
    """Asserts that each summary is the one rebuilt from engagements and profile, or none."""
    for uid in uids:
        stored = await store.read_summary(uid)
        exist = newest(await store.newest_engagements(uid, 10_000))
        profile = msgspec.structs.replace(await store.read_profile(uid), display_name="")
        right = Summary(engagements=exist, profile=profile)
        assert (stored.summary if stored else Summary()) == right, uid
        assert (stored is None) == right.is_empty, uid
