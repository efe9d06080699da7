"""What a build leaves for the next one, so that it need not read every user's summary again.

The state is private: its counts are those of single users, too. It names the snapshot that was
published with it. Without that snapshot it is worth nothing, and the next build reads everything:
so whatever happens between the two writes, nothing is counted twice and nothing is lost.
"""

import hashlib
import logging
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec
import numpy as np

from catalog_builder.insights.counts import NameCounts
from catalog_builder.signals.aggregates import SignalParameters
from catalog_builder.signals.interactions import MINUTE_US
from catalog_builder.signals.popularity import PopularityCounts
from feed.catalog.signals import HALF_LIVES_DAYS
from feed.model.episode import Episode
from feed.model.timestamps import from_us, to_us

SETTLED_US = 5 * MINUTE_US
"""Age in microseconds from which an engagement counts: by then it has reached its summary, unless
the listener was offline."""
MARGIN_US = 5 * MINUTE_US
"""Microseconds that summaries are read from before the moment that was counted to: listeners'
clocks may be ahead of the store's by so much."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class SignalState:
    """The counts behind a published snapshot's popularity and insights."""

    version: str
    """the snapshot; the counts are in the order of its rows"""
    episodes: str
    """`episodes_digest` of its episodes"""
    parameters: str
    """`repr` of the `SignalParameters` that its signals were computed with"""
    full_us: int
    """when every summary was last read, microseconds since 1970"""
    until_us: int
    """engagements before this moment are counted, microseconds since 1970"""
    counts: PopularityCounts
    listeners: NameCounts
    """of the insights, as of the day of `full_us`"""

    @property
    def changed_since_us(self) -> int:
        """The moment from which summaries may have what is not counted yet, as `until_us`."""
        return self.until_us - MARGIN_US

    def may_continue(self, now: datetime, parameters: SignalParameters) -> bool:
        """Whether a build at `now` may read only what changed.

        It may on the day of the last full one, with equal parameters: a higher least number of
        users holds for all signals at once.
        """
        same_day = from_us(self.full_us).date() == from_us(to_us(now)).date()
        same_parameters = self.parameters == repr(parameters)
        return same_day and same_parameters and self.until_us <= settled_until(now)


def settled_until(now: datetime) -> int:
    """Returns the moment before which a build at `now` counts engagements, on a full minute."""
    return (to_us(now) - SETTLED_US) // MINUTE_US * MINUTE_US


def episodes_digest(episodes: Iterable[Episode], *how: str) -> str:
    """Returns a hash of episodes and of `how` a catalog is made of them."""
    digest = hashlib.sha256(msgspec.json.encode(how))
    for one in episodes:
        digest.update(msgspec.json.encode(one))
    return digest.hexdigest()


class _StoredState(msgspec.Struct, frozen=True, array_like=True):
    half_lives_days: tuple[float, ...]
    version: str
    episodes: str
    parameters: str
    full_us: int
    until_us: int
    minute: int
    users: bytes
    popularity: bytes
    names: tuple[str, ...]
    windows: bytes
    by_day: bytes


def encode_state(state: SignalState) -> bytes:
    """Returns the bytes that `decode_state` reads."""
    listeners = state.listeners.known()
    stored = _StoredState(
        half_lives_days=HALF_LIVES_DAYS,
        version=state.version,
        episodes=state.episodes,
        parameters=state.parameters,
        full_us=state.full_us,
        until_us=state.until_us,
        minute=state.counts.minute,
        users=state.counts.users.astype("<i8").tobytes(),
        popularity=state.counts.popularity.astype("<f8").tobytes(),
        names=listeners.keys,
        windows=listeners.windows.astype("<i4").tobytes(),
        by_day=listeners.by_day.astype("<i4").tobytes(),
    )
    return zlib.compress(msgspec.msgpack.encode(stored), 1)


def decode_state(packed: bytes) -> SignalState | None:
    """Returns the state; None if this version cannot read it, with a log line."""
    try:
        stored = msgspec.msgpack.decode(zlib.decompress(packed), type=_StoredState)
        users = np.frombuffer(stored.users, "<i8")
        popularity = np.frombuffer(stored.popularity, "<f8").reshape(len(users), -1)
        listeners = NameCounts.none(stored.names)
        for column, data in (
            (listeners.windows, stored.windows),
            (listeners.by_day, stored.by_day),
        ):
            column[:] = np.frombuffer(data, "<i4").reshape(column.shape)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        log.warning("the state of the signals cannot be decoded: %s", error)
        return None
    if stored.half_lives_days != HALF_LIVES_DAYS or popularity.shape[1] != len(HALF_LIVES_DAYS):
        return None
    counts = PopularityCounts(users, popularity, stored.minute)
    return SignalState(
        version=stored.version,
        episodes=stored.episodes,
        parameters=stored.parameters,
        full_us=stored.full_us,
        until_us=stored.until_us,
        counts=counts,
        listeners=listeners,
    )
