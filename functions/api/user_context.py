"""User context: who asks, what is known of them, and the catalog, for answers that suit a user."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from feed.model.degradation import Degradation
from feed.model.engagement import Summary
from feed.session.request import SessionRequest, make_query
from feed.user.query import Query
from functions.http.endpoint import BY_USER, CACHE, json_response
from functions.serving.loaded_catalog import LoadedCatalog
from functions.serving.service import Service
from functions.telemetry import Timings


@dataclass(frozen=True)
class UserContext:
    """What a request that may have a user is answered from."""

    uid: str | None
    """the signed-in user; None for an anonymous one"""
    summary: Summary | None
    """None where nothing is known of the user"""
    loaded: LoadedCatalog
    degraded: tuple[Degradation, ...]
    """what the answer has to do without so far"""

    def query(self, now_us: int) -> Query:
        """The query of the user, with nothing but what is stored of them."""
        return make_query(SessionRequest(), self.summary, seed=0, now_us=now_us)

    def response(
        self, timings: Timings, answer: msgspec.Struct | bytes, degraded: Sequence[str]
    ) -> Response:
        """The response with an answer, which caches may keep without a user and degradation."""
        timings.log_fields["degraded"] = degraded
        is_public = self.uid is None and not degraded
        return json_response(answer, cache=CACHE if is_public else "no-store", vary=BY_USER)


async def read_user_context(service: Service, request: Request, timings: Timings) -> UserContext:
    """Read the catalog, and one document of the user if there is one. Raises `ProblemError`."""
    uid, user_degraded = await service.optional_user(request)
    loaded, (summary, summary_degraded) = await asyncio.gather(
        service.catalog(timings), service.summaries.read(uid, timings)
    )
    catalog_degraded = service.catalog_degraded(loaded.catalog)
    return UserContext(uid, summary, loaded, (*catalog_degraded, *user_degraded, *summary_degraded))
