"""Ranks sessions without a server, from requests as an app sends them."""

from typing import Any

import msgspec

from feed.catalog.catalog import Catalog
from feed.model.engagement import Profile, Summary
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker, Slate
from feed.scenarios.scenario import Scenario
from feed.session.reason_text import render_all
from feed.session.request import SessionRequest, make_query
from feed.user.query import Query
from tests.support.catalogs import NOW


def query_of(profile: Profile | None = None, *, seed: int = 0, **fields: Any) -> Query:
    """The query of a request with these fields, and of a user with this stored profile."""
    request = msgspec.convert(msgspec.to_builtins(fields), SessionRequest)
    summary = Summary(profile=profile) if profile else None
    return make_query(request, summary, seed=seed, now_us=to_us(NOW))


def ranked(catalog: Catalog, scenario: Scenario, **fields: Any) -> Slate:
    """The slate of a query with these fields (see `query_of`)."""
    return Ranker(catalog, scenario).rank(query_of(**fields))


def reason_texts(catalog: Catalog, slate: Slate) -> list[dict[str, Any]]:
    """The reason of each episode of a slate, as an answer shows it."""
    return render_all(catalog, slate.reasons)
