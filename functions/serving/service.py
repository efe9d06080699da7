"""The service: what the routes work with, put together by `wiring`."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import msgspec
from starlette.requests import Request

from feed.catalog.catalog import Catalog
from feed.model.degradation import Degradation
from feed.model.engagement import Summary
from feed.ports.errors import Unavailable
from feed.ports.users import Stored, SummaryStore
from feed.ports.vector_search import Match
from feed.ranking.external_search import MARGIN, SearchResult, restriction
from feed.ranking.pipeline import Ranker
from feed.scenarios.experiment import Assignment, Experiment, assign
from feed.scenarios.scenario import Scenario
from feed.user.query import Query
from functions.api.languages import standard_tags
from functions.auth.pseudonyms import Pseudonyms
from functions.auth.verifier import Verifier
from functions.http.rate_limits import RateLimits
from functions.http.refusal_log import RefusalLog
from functions.problems import ProblemError, invalid
from functions.serving.catalog_holder import CatalogHolder, NoCatalogError
from functions.serving.catalog_loader import Held
from functions.serving.circuit_breaker import Guard
from functions.serving.degradation_log import DegradationLog
from functions.serving.guarded_store import guarded
from functions.settings import Settings
from functions.telemetry import Metrics, Timings, log

if TYPE_CHECKING:  # a function loads a search only where it has one
    from functions.serving.external_search import Retrieval

RETRY_AFTER_S = 5
_READS = frozenset({"GET", "HEAD"})


class Triggers(Protocol):
    """What brings summaries up to date where the store has no triggers of its own."""

    async def run(self) -> None:
        """Called after each write."""
        ...

    async def catch_up(self) -> None:
        """Called before a summary is read; does nothing where nothing is left to do."""
        ...


class NoTriggers:
    """The store has its own."""

    async def run(self) -> None:
        """Nothing."""

    async def catch_up(self) -> None:
        """Nothing."""


@dataclass
class Service:
    """Settings, adapters and state of one process."""

    settings: Settings
    holder: CatalogHolder
    store: SummaryStore
    """behind its guard once the service is made"""
    store_guard: Guard
    verifier: Verifier
    scenarios: Mapping[str, Scenario]
    cursor_keys: tuple[bytes, ...]
    now_us: Callable[[], int]
    triggers: Triggers
    experiment: Experiment | None = None
    """what splits the users over scenarios, if anything"""
    retrieval: "Retrieval | None" = None
    """the search for catalogs that hold no vectors, if there is one"""
    degradations: DegradationLog = field(default_factory=DegradationLog)
    refusals: RefusalLog = field(default_factory=RefusalLog)
    metrics: Metrics = field(default_factory=Metrics)
    connecting: asyncio.Task[None] | None = None
    pseudonyms: Pseudonyms = field(init=False)
    limits: RateLimits = field(init=False)
    computing: asyncio.Lock = field(init=False)
    """held while a session is ranked: between two of them the loop reads what has come, so that
    neither the store's answers nor a refusal wait for all"""

    def __post_init__(self) -> None:
        self.pseudonyms = Pseudonyms(self.cursor_keys[0])
        self.limits = RateLimits(self.settings)
        self.computing = asyncio.Lock()
        self._unguarded = self.store
        self.store = guarded(self._unguarded, self.store_guard)

    def begin(self) -> None:
        """Begin the connections with this process's first request, whatever it asks for.

        Not at import: a connection does not survive the fork.
        """
        if self.connecting is None:
            self.connecting = asyncio.create_task(self._connect())

    async def _connect(self) -> None:
        searching = asyncio.create_task(self.retrieval.connect()) if self.retrieval else None
        try:
            await self.store.connect()
        except Unavailable as error:  # whoever reads the summary is told, too
            log("WARNING", "the store cannot be reached", reason=str(error))
        if searching:
            await searching

    async def asker(self, request: Request) -> tuple[str | None, tuple[Degradation, ...]]:
        """The user of a session, or None for an anonymous one, and the name of what went wrong.

        Who cannot be known just now is answered as if anonymous. Raises `ProblemError`.
        """
        try:
            return self._noted(await self.verifier.uid(request), request), ()
        except ProblemError as problem:
            if problem.kind != "identity-unavailable":
                raise
            return None, (Degradation.IDENTITY_UNAVAILABLE,)

    async def user(self, request: Request) -> str:
        """The user of a request that needs one, which counts as a write unless it reads.

        Raises `ProblemError`, as the verifier, 401, and 429.
        """
        uid = self._noted(await self.verifier.uid(request), request)
        if uid is None:
            raise ProblemError(
                401,
                "not-signed-in",
                "this call needs a user",
                field="Authorization",
                expected="Bearer and a Firebase ID token (locally: the header X-Demo-User)",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if request.method not in _READS:
            self.limits.check_write(uid, deletes=request.method == "DELETE")
        return uid

    def _noted(self, uid: str | None, request: Request) -> str | None:
        """The user, whose pseudonym the log line will say."""
        if uid is not None:
            request.state.timings.facts["user"] = self.pseudonyms.of(uid)
        return uid

    async def check_admin(self, request: Request) -> None:
        """Raises `ProblemError`, as the verifier, and 403: the Lab is not for everybody."""
        if not await self.verifier.is_admin(request):
            raise ProblemError(
                403,
                "admins-only",
                "this is for whoever tunes the feed",
                field="Authorization",
                expected="Bearer and a Firebase ID token with the custom claim admin: true",
            )

    def scenario(self, name: str | None) -> str:
        """The scenario to rank with. Raises `ProblemError` 400."""
        if name is None:
            return self.settings.SCENARIO
        if name not in self.scenarios:
            raise invalid("scenario", f"one of {', '.join(self.scenarios)}", repr(name))
        return name

    def assigned(self, uid: str | None) -> Assignment | None:
        """The user's part in the experiment. An anonymous session has no key that would last."""
        if self.experiment is None or uid is None:
            return None
        arm = assign(self.experiment, uid)
        return Assignment(self.experiment.name, arm) if arm else None

    async def catalog(self, timings: Timings) -> Held:
        """The catalog to answer from. Raises `ProblemError` 503."""
        with timings.step("catalog"):
            try:
                return await self.holder.current()
            except NoCatalogError as error:
                raise ProblemError(
                    503,
                    "no-catalog",
                    "the catalog is being built, or its shelf cannot be reached: try again soon",
                    headers={"Retry-After": str(RETRY_AFTER_S)},
                    causes=self.holder.degraded,
                ) from error

    def catalog_degraded(self, catalog: Catalog) -> tuple[Degradation, ...]:
        """What every answer from this catalog has to do without."""
        age_s = (self.now_us() - catalog.created_us) // 1_000_000
        most_s = self.settings.CATALOG_MAX_AGE_S
        if age_s <= most_s:
            return self.holder.degraded
        reason = f"{catalog.version} is {age_s} s old, and {most_s} s are allowed"
        self.degradations.explain(Degradation.CATALOG_STALE, reason)
        return (*self.holder.degraded, Degradation.CATALOG_STALE)

    async def summary(
        self, uid: str | None, timings: Timings
    ) -> tuple[Summary | None, tuple[Degradation, ...]]:
        """The user's summary within its time budget, or None and the name of what went wrong."""
        if uid is None:
            return None, ()
        with timings.step("summary"):
            try:
                stored = await self.store_guard.call(lambda: self._read_summary(uid))
            except TimeoutError:
                return None, (Degradation.SUMMARY_TIMEOUT,)
            except Unavailable as error:
                self.degradations.explain(Degradation.SUMMARY_UNAVAILABLE, str(error))
                return None, (Degradation.SUMMARY_UNAVAILABLE,)
        if stored is None:
            return None, (Degradation.SUMMARY_MISSING,)
        if stored.summary is None:
            return None, (Degradation.SUMMARY_UNREADABLE,)
        return _with_standard_languages(stored.summary)

    async def _read_summary(self, uid: str) -> Stored | None:
        await self.triggers.catch_up()
        return await self._unguarded.read_summary(uid)

    async def retrieve(
        self, ranker: Ranker, query: Query, timings: Timings
    ) -> tuple[SearchResult | None, tuple[Degradation, ...]]:
        """What a search brings where the catalog holds no vectors, or the name of what went wrong.

        Nothing of either where no search is needed, or there is none.
        """
        if self.retrieval is None:
            return None, ()
        with timings.step("retrieve"):
            plan = ranker.plan_search(query)
            return await self.retrieval.retrieve(plan) if plan else (None, ())

    async def near(
        self, ranker: Ranker, row: int, count: int, timings: Timings
    ) -> tuple[list[Match], tuple[Degradation, ...]]:
        """The same for what is similar to one episode."""
        catalog = ranker.catalog
        if catalog.embeddings.in_memory or not catalog.embeddings.present[row]:
            return [], ()
        if self.retrieval is None:
            return [], (Degradation.VECTORS_UNAVAILABLE,)
        itself = catalog.ids[row]
        others = restriction(ranker.scenario.filters, excluded_ids=(itself,))
        with timings.step("retrieve"):
            return await self.retrieval.near(itself, MARGIN * count, others)


def _with_standard_languages(summary: Summary) -> tuple[Summary, tuple[Degradation, ...]]:
    """An app may have stored anything as a language. Where none of it is one, all are shown."""
    stored = summary.profile.languages
    languages = standard_tags(stored)
    if languages is stored:
        return summary, ()
    profile = msgspec.structs.replace(summary.profile, languages=languages)
    unreadable = () if languages else (Degradation.LANGUAGES_UNREADABLE,)
    return msgspec.structs.replace(summary, profile=profile), unreadable
