"""The answers of the API about the instance itself, for admins."""

from typing import Literal

import msgspec


class RegionHealth(msgspec.Struct, frozen=True, kw_only=True):
    """A region of the generative model, as this instance sees it."""

    name: str
    state: Literal["unused", "ok", "failing"]
    """of its last requests"""
    breaker: Literal["closed", "open", "half_open"]
    """`open`: it is not asked after several failures in a row; `half_open`: one request probes"""
    active: int
    """requests under way"""
    latency_ms: dict[str, float]
    """recent mean until a `generate`, the first fragment of a `stream` or an `embed`"""
    results: dict[str, int]
    """requests since the instance started, by result"""


class RegionsHealth(msgspec.Struct, frozen=True):
    """The regions of the generative model."""

    model: str | None
    """its name; null if there is none, and no region"""
    regions: list[RegionHealth]


class ModelLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What is under way to the generative model, and what waits."""

    name: str
    active: int
    """requests under way, those between two regions included"""
    capacity: int
    """requests under way at most"""
    waiting: int
    """requests that wait for their turn"""
    queue_size: int
    """requests that wait at most"""
    shed: int
    """requests refused since the instance started, because the queue was full or too slow"""


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How much of something bounded is used."""

    name: str
    used: int
    limit: int
    """0: no limit"""
    unit: Literal["requests", "entries", "bytes"]


class ProcessingHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What an instance works on at present."""

    requests: list[Load]
    """under way, by kind: `questions` of `POST /api/ask`, and `others`"""
    model: ModelLoad | None
    """null if there is no generative model"""
    caches: list[Load]


class CachePerformance(msgspec.Struct, frozen=True, kw_only=True):
    """How often a cache had what was looked for, since the instance started."""

    name: str
    hits: int
    misses: int
    hit_rate: float | None
    """hits / (hits + misses); null before the first lookup"""
    used: int | None
    limit: int | None
    """both null where the cache has no bound of its own"""
    unit: Literal["requests", "entries", "bytes"] | None


class CallCounts(msgspec.Struct, frozen=True):
    """Calls to another service since the instance started."""

    service: str
    results: dict[str, int]
    """number of calls by result: `ok`, or a word for what went wrong"""


class Performance(msgspec.Struct, frozen=True, kw_only=True):
    """What an instance has done since it started, and how much it can do at once."""

    requests: dict[str, int]
    """answered, by status"""
    degraded: dict[str, int]
    """answers that lacked something, by cause"""
    calls: list[CallCounts]
    caches: list[CachePerformance]
    capacity: dict[str, int]
    """requests at once, by kind: `questions`, `others` and `model`; 0: no limit"""
