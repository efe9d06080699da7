"""The service: settings, adapters and state that every handler of the API works with."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from starlette.requests import Request

from feed.catalog.catalog import Catalog
from feed.home.file import shipped as shipped_home
from feed.home.parameters import Home
from feed.model.degradation import Degradation
from feed.model.engagement import Profile
from feed.ports.conversations import Conversations
from feed.ports.errors import Unavailable
from feed.ports.users import SummaryStore
from feed.ports.vector_search import Match
from feed.ranking.external_search import MARGIN, SearchResult, search_filter
from feed.ranking.pipeline import Ranker
from feed.scenarios.experiment import Assignment, Experiment, assign
from feed.scenarios.scenario import Scenario
from feed.user.query import Query
from functions.auth.pseudonyms import Pseudonyms
from functions.auth.verifier import Verifier
from functions.http.rate_limits import RateLimits
from functions.http.refusal_log import RefusalLog
from functions.problems import ProblemError, invalid
from functions.serving.catalog_holder import CatalogHolder, NoCatalogError
from functions.serving.circuit_breaker import CircuitBreaker, with_circuit_breaker
from functions.serving.degradation_log import DegradationLog
from functions.serving.loaded_catalog import LoadedCatalog
from functions.serving.query_embedding import QueryEmbeddings
from functions.serving.search_index import SearchIndexes
from functions.serving.texts import TextReader
from functions.serving.user_summaries import Triggers, UserSummaries
from functions.settings import Settings
from functions.telemetry import Metrics, Timings, log

if TYPE_CHECKING:  # loaded only where a deployment has one
    from feed.ports.language_model import LanguageModel, PoolState
    from functions.ask.state import Asks
    from functions.photos.reader import PhotoReader
    from functions.serving.external_search import ExternalSearch

RETRY_AFTER_S = 5
_READS = frozenset({"GET", "HEAD"})


@dataclass
class Service:
    """Settings, adapters and state of one process, as `functions.wiring.service` assembles them."""

    settings: Settings
    holder: CatalogHolder
    store: SummaryStore
    """behind its circuit breaker once the service is made"""
    conversations: Conversations
    store_breaker: CircuitBreaker
    verifier: Verifier
    scenarios: Mapping[str, Scenario]
    cursor_keys: tuple[bytes, ...]
    now_us: Callable[[], int]
    triggers: Triggers
    search_indexes: SearchIndexes
    query_embeddings: QueryEmbeddings
    notes: TextReader
    transcripts: TextReader
    preferences: Callable[[str], Awaitable[Profile]] | None = None
    """reads the profile of a user without a summary, if the app itself keeps preferences"""
    home: Home = field(default_factory=shipped_home)
    """which shelves a home page has"""
    experiment: Experiment | None = None
    """which users get which scenario, if an experiment runs"""
    external_search: "ExternalSearch | None" = None
    """for catalogs that hold no vectors, if there is one"""
    model: "LanguageModel | None" = None
    """the generative model, if there is one"""
    model_state: "Callable[[], PoolState] | None" = None
    """what is under way in the pool behind `model`"""
    degradations: DegradationLog = field(default_factory=DegradationLog)
    refusals: RefusalLog = field(default_factory=RefusalLog)
    metrics: Metrics = field(default_factory=Metrics)
    connecting: asyncio.Task[None] | None = None
    pseudonyms: Pseudonyms = field(init=False)
    limits: RateLimits = field(init=False)
    summaries: UserSummaries = field(init=False)
    ranking_lock: asyncio.Lock = field(init=False)
    """held while a session is ranked: between two sessions the event loop handles what arrived,
    so that neither the store's answers nor refusals wait for every session"""

    def __post_init__(self) -> None:
        self.pseudonyms = Pseudonyms(self.cursor_keys[0])
        self.limits = RateLimits(self.settings)
        self.ranking_lock = asyncio.Lock()
        self.summaries = UserSummaries(
            self.store, self.store_breaker, self.triggers, self.preferences, self.degradations
        )
        self.store = with_circuit_breaker(self.store, self.store_breaker)

    @cached_property
    def asks(self) -> "Asks":
        """The state of answers, made by the first question."""
        from functions.ask.state import Asks  # noqa: PLC0415  # a session does not need it

        return Asks(self.metrics)

    def wrote(self, uid: str) -> None:
        """Forget what this process keeps of a user, after a write to their stored data."""
        if "asks" in self.__dict__:
            self.asks.forget(uid)

    @cached_property
    def photos(self) -> "PhotoReader":
        """What reads photos, made by the first one."""
        from functions.photos.reader import PhotoReader  # noqa: PLC0415  # a session does not

        timeout_s = self.settings.MODEL_TIMEOUT_S
        return PhotoReader(self.model, timeout_s, self.metrics, self.degradations)

    def start_connecting(self) -> None:
        """Open the connections to the store and the search in the background, once per process.

        Called with the first request, whatever it asks for, and not at import: a connection does
        not survive the fork.
        """
        if self.connecting is None:
            self.connecting = asyncio.create_task(self._connect())

    async def _connect(self) -> None:
        search = self.external_search
        connecting = asyncio.create_task(search.connect()) if search else None
        try:
            await self.store.connect()
        except Unavailable as error:  # requests that need the store report it, too
            log("WARNING", "the store of users cannot be reached", reason=str(error))
        if connecting:
            await connecting

    async def optional_user(self, request: Request) -> tuple[str | None, tuple[Degradation, ...]]:
        """Return the user id of a request and what went wrong; None is an anonymous session.

        A token that cannot be verified at present makes the session anonymous, and degraded.
        Raises `ProblemError`: 400, 401 or 503, as the verifier does.
        """
        try:
            return await self._user(request), ()
        except ProblemError as problem:
            if problem.kind != "identity-unavailable":
                raise
            return None, (Degradation.IDENTITY_UNAVAILABLE,)

    async def require_user(self, request: Request) -> str:
        """Return the user id of a request that needs one; every method but GET counts as a write.

        Raises `ProblemError`: 401 without a user, 429 beyond the limit of writes, and what the
        verifier raises.
        """
        uid = await self._user(request)
        if uid is None:
            raise ProblemError(
                401,
                "not-signed-in",
                "this call needs a signed-in user",
                field="Authorization",
                expected="Bearer and a Firebase ID token (locally: the header X-Demo-User)",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if request.method not in _READS:
            request.state.timings.writer = uid
            self.limits.check_write(uid, deletes=request.method == "DELETE")
        return uid

    async def _user(self, request: Request) -> str | None:
        """Return the verified user id, and have the request's log line say its pseudonym."""
        uid = await self.verifier.uid(request)
        if uid is not None:
            request.state.timings.log_fields["user"] = self.pseudonyms.of(uid)
        return uid

    async def require_admin(self, request: Request) -> None:
        """Raise `ProblemError` unless an admin asks: 403, or what the verifier raises."""
        if not await self.verifier.is_admin(request):
            raise ProblemError(
                403,
                "admins-only",
                "only admins may call this",
                field="Authorization",
                expected="Bearer and a Firebase ID token with the custom claim admin: true",
            )

    def scenario_name(self, requested: str | None) -> str:
        """Return the name of the scenario to rank with. Raises `ProblemError` 400 if unknown."""
        if requested is None:
            return self.settings.SCENARIO
        if requested not in self.scenarios:
            raise invalid("scenario", f"one of {', '.join(self.scenarios)}", repr(requested))
        return requested

    def assignment(self, uid: str | None) -> Assignment | None:
        """Return the user's arm of the experiment, or None for users who take no part.

        Anonymous sessions take no part: they have no id that would keep them in one arm.
        """
        if self.experiment is None or uid is None:
            return None
        arm = assign(self.experiment, uid)
        return Assignment(self.experiment.name, arm) if arm else None

    async def catalog(self, timings: Timings) -> LoadedCatalog:
        """Return the catalog in memory. Raises `ProblemError` 503 if none is loaded."""
        with timings.step("catalog"):
            try:
                return await self.holder.current()
            except NoCatalogError as error:
                raise ProblemError(
                    503,
                    "no-catalog",
                    "no catalog is loaded: none is published, or the shelf cannot be read",
                    headers={"Retry-After": str(RETRY_AFTER_S)},
                    causes=self.holder.degraded,
                ) from error

    def catalog_degraded(self, catalog: Catalog) -> tuple[Degradation, ...]:
        """Return the degradations of every answer from this catalog: its age, and the shelf.

        A look that found nothing to publish makes a catalog as good as a new one.
        """
        looks = self.holder.looks
        looked_us = max(catalog.created_us, looks.episodes_us if looks else 0)
        age_s = (self.now_us() - looked_us) // 1_000_000
        max_age_s = self.settings.CATALOG_MAX_AGE_S
        if age_s <= max_age_s:
            return self.holder.degraded
        reason = f"{catalog.version} is of {age_s} s ago, and {max_age_s} s are allowed"
        self.degradations.explain(Degradation.CATALOG_STALE, reason)
        return (*self.holder.degraded, Degradation.CATALOG_STALE)

    async def retrieve(
        self, ranker: Ranker, query: Query, timings: Timings
    ) -> tuple[SearchResult | None, tuple[Degradation, ...]]:
        """Return what the external search finds for a session, or None and what went wrong.

        None and nothing where no search is needed, or none is configured.
        """
        if self.external_search is None:
            return None, ()
        with timings.step("retrieve"):
            plan = ranker.plan_search(query)
            return await self.external_search.retrieve(plan) if plan else (None, ())

    async def similar(
        self, ranker: Ranker, row: int, count: int, timings: Timings
    ) -> tuple[list[Match], tuple[Degradation, ...]]:
        """Return what the external search finds similar to one episode, and what went wrong.

        Empty where the catalog holds the vectors itself, or none of this episode.
        """
        catalog = ranker.catalog
        if catalog.embeddings.in_memory or not catalog.embeddings.present[row]:
            return [], ()
        if self.external_search is None:
            return [], (Degradation.VECTORS_UNAVAILABLE,)
        episode_id = catalog.ids[row]
        others = search_filter(ranker.scenario.filters, excluded_ids=(episode_id,))
        with timings.step("retrieve"):
            return await self.external_search.similar(episode_id, MARGIN * count, others)
