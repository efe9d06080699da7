"""Ranks sessions without a server, from requests as an app sends them."""

from collections.abc import Iterable
from typing import Any

import msgspec

from feed.catalog.catalog import Catalog
from feed.model.engagement import Profile, Summary
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker, Slate
from feed.scenarios.scenario import Scenario
from feed.session.request import SessionRequest, make_query
from feed.user.query import Query
from tests.support.catalogs import NOW


def query_of(
    stored: Summary | Profile | None = None,
    *,
    seed: int = 0,
    feed_seed: Any = None,
    **fields: Any,
) -> Query:
    """The query of a request with these fields, by a user of whom this is stored."""
    fields["seed"] = feed_seed
    request = msgspec.convert(msgspec.to_builtins(fields), SessionRequest)
    summary = Summary(profile=stored) if isinstance(stored, Profile) else stored
    return make_query(request, summary, seed=seed, now_us=to_us(NOW))


def ranked(catalog: Catalog, scenario: Scenario, **fields: Any) -> Slate:
    """The slate of a query with these fields (see `query_of`)."""
    return Ranker(catalog, scenario).rank(query_of(**fields))


def engagements(catalog: Catalog, *rows: int, kind: str = "like") -> list[dict[str, Any]]:
    """An engagement of one type with each of these rows, as an app sends them."""
    return [{"episode_id": catalog.ids[row], "type": kind} for row in rows]


def ids_of(catalog: Catalog, rows: Iterable[int]) -> list[str]:
    """The ids of these rows."""
    return [catalog.ids[int(row)] for row in rows]


def with_tables(scenario: Scenario, **tables: dict[str, Any]) -> Scenario:
    """The scenario with these parameters changed, by table and name."""
    changed = {
        name: msgspec.structs.replace(getattr(scenario, name), **values)
        for name, values in tables.items()
    }
    return msgspec.structs.replace(scenario, **changed)
