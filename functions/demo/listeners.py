"""The demo's listeners: three made-up people with a history of the demo's episodes.

`python -m functions.demo` writes them to an empty store, before `make run` serves it.
"""

import random
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement, EngagementType
from feed.ports.errors import Unavailable
from feed.ports.users import SummaryStore
from functions.http.endpoint import json_response
from functions.serving.service import Service
from functions.telemetry import Timings

PATH = "/__/firebase/init.json"
LISTENERS = Path(__file__).with_name("listeners.toml")
HOUR_US = 3_600_000_000
_DONE: dict[str, tuple[EngagementType, ...]] = {
    ".": (),
    "c": ("complete",),
    "l": ("complete", "like"),
    "h": ("listen",),
    "b": ("bookmark",),
    "n": ("not_interested",),
}


class DemoListener(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What listeners.toml says of a listener; shows by their ids."""

    uid: str
    interests: list[str]
    follows: list[str]
    heard: dict[str, str]
    """a letter for each episode of a show, the newest first"""
    muted_series: list[str] = []
    muted_categories: list[str] = []

    @property
    def profile(self) -> dict[str, tuple[str, ...]]:
        """The fields of the listener's profile."""
        return {
            "category_interests": tuple(self.interests),
            "followed_series": tuple(self.follows),
            "muted_series": tuple(self.muted_series),
            "muted_categories": tuple(self.muted_categories),
        }


class _Series(msgspec.Struct):
    name: str = ""


class _Card(msgspec.Struct):
    title: str
    series: _Series | None = None


def listeners_of(catalog: Catalog) -> list[DemoListener]:
    """Returns the listeners all of whose shows a catalog has: none for another than the demo's."""
    document = tomllib.loads(LISTENERS.read_text(encoding="utf-8"))
    listeners = msgspec.convert(document["listener"], list[DemoListener])
    known = set(catalog.series_ids)
    return [one for one in listeners if known >= {*one.follows, *one.muted_series, *one.heard}]


def history_of(listener: DemoListener, catalog: Catalog, now_us: int) -> Iterator[Engagement]:
    """Yields what a listener did, within two days of each episode and before `now_us`.

    The same for the same catalog and time, in microseconds since 1970.
    """
    rng = random.Random(listener.uid)  # noqa: S311 - repeatable, no secrets
    series = list(catalog.series_ids)
    for show, letters in listener.heard.items():
        rows = np.flatnonzero(catalog.series == series.index(show))
        newest_first = rows[np.argsort(-catalog.published_us[rows], kind="stable")]
        for row, letter in zip(newest_first.tolist(), letters, strict=False):
            heard_us = int(catalog.published_us[row]) + round(rng.uniform(4, 48) * HOUR_US)
            at_us = min(heard_us, now_us - round(rng.uniform(1, 9) * HOUR_US))
            card = msgspec.json.decode(catalog.cards.raw(row), type=_Card)
            for place, kind in enumerate(_DONE[letter]):
                yield Engagement(
                    id=f"demo-{catalog.ids[row]}-{kind}",
                    episode_id=catalog.ids[row],
                    type=kind,
                    timestamp_us=at_us + place * HOUR_US // 60,
                    progress=round(rng.uniform(0.3, 0.7), 2) if kind == "listen" else None,
                    episode_title=card.title,
                    series_name=card.series.name if card.series else "",
                )


async def write_listeners(store: SummaryStore, catalog: Catalog, now_us: int) -> list[str]:
    """Writes the listeners of a catalog to a store that has no users; returns their ids."""
    if await store.users(1):
        return []
    listeners = listeners_of(catalog)
    for one in listeners:
        for engagement in history_of(one, catalog, now_us):
            await store.put_engagement(one.uid, engagement)
        await store.update_profile(one.uid, one.profile)
    return [one.uid for one in listeners]


async def with_history(service: Service) -> list[str]:
    """Returns the ids of the demo's listeners that have a history in the store."""
    loaded = service.holder.loaded
    if loaded is None or service.settings.AUTH != "demo":
        return []
    uids = [one.uid for one in listeners_of(loaded.catalog)]
    with suppress(Unavailable):
        return [uid for uid in uids if await service.store.read_summary(uid)]
    return []


async def sign_in(service: Service, _request: Request, _timings: Timings) -> Response:
    """Answer, where Hosting describes the Firebase project, which demo listeners have a history."""
    found = await with_history(service)
    return json_response(msgspec.json.encode({"demo_listeners": found} if found else {}))
