"""Wiring: makes a service from settings, and chooses the adapter behind each port.

An adapter is imported where it is chosen, so that a function loads none that it does not use.
"""

import os
import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from adapters.locations import shelf_at
from feed.home import file as homes
from feed.home.parameters import Home
from feed.model.stored_texts import TextKind
from feed.model.timestamps import to_us
from feed.ports.conversations import Conversations
from feed.ports.shelf import Shelf
from feed.ports.users import SummaryStore
from feed.scenarios import experiment as experiments
from feed.scenarios import scenario as scenarios
from feed.scenarios.experiment import Experiment
from feed.scenarios.scenario import Scenario
from functions.auth.verifier import AnonymousVerifier, DemoVerifier, Verifier
from functions.embedder_wiring import wire_embedders
from functions.model_wiring import wire_model
from functions.serving.catalog_holder import CatalogHolder
from functions.serving.catalog_loader import memory_limit_bytes
from functions.serving.circuit_breaker import CircuitBreaker
from functions.serving.counted_calls import with_counted_calls
from functions.serving.degradation_log import DegradationLog
from functions.serving.query_embedding import QueryEmbeddings
from functions.serving.search_index import SearchIndexes
from functions.serving.service import Service
from functions.serving.texts import TextReader
from functions.serving.time_budget import TimeBudget
from functions.serving.user_summaries import NoTriggers, Triggers
from functions.settings import (
    CLOUD_STORE,
    Settings,
    SettingsError,
    check_session,
    check_store,
    read_settings,
)
from functions.telemetry import Metrics, log

if TYPE_CHECKING:
    from adapters.firestore.events import EventReader
    from adapters.firestore.schema.schema import Schema
    from functions.serving.external_search import ExternalSearch

PROBE_UID = "earshot-health"
"""id of a user that no store holds"""

T = TypeVar("T")


def make_or_exit(make: Callable[[], T]) -> T:
    """Return the result of `make`, or log its `SettingsError` and end the process."""
    try:
        return make()
    except SettingsError as error:
        log("ERROR", f"Earshot cannot start: {error}")
        raise SystemExit(1) from None


def wire(settings: Settings | None = None) -> Service:
    """Return the service for these settings, or the environment's. Raises `SettingsError`."""
    settings = settings or read_settings(os.environ)
    check_session(settings)
    if settings.WEB and not Path(settings.WEB).is_dir():
        raise SettingsError(f"WEB: expected a folder, got {settings.WEB}")
    if settings.EXPERIMENT and settings.AUTH == "none":
        raise SettingsError("EXPERIMENT: expected none, since AUTH=none knows no users")
    scenarios_by_name = wire_scenarios(settings)
    experiment = wire_experiment(settings, scenarios_by_name)
    store, conversations, triggers, malformed = _store(settings)
    metrics = Metrics()
    metrics.malformed = malformed
    degradations = DegradationLog()
    shelf = with_counted_calls(wire_shelf(settings), partial(metrics.count_call, "shelf"))
    memory_limit = settings.MEMORY_LIMIT_MB * 2**20 or memory_limit_bytes()
    model = wire_model(settings, metrics.count_call)
    return Service(
        settings=settings,
        holder=CatalogHolder(
            shelf,
            scenarios_by_name,
            refresh_s=settings.CATALOG_REFRESH_S,
            expected={settings.SCENARIO, *(experiment.arms if experiment else ())},
            memory_limit=memory_limit,
            degradations=degradations,
        ),
        degradations=degradations,
        store=store,
        conversations=conversations,
        store_breaker=CircuitBreaker(
            "the store of users",
            TimeBudget(settings.SUMMARY_TIMEOUT_S),
            lambda: store.read_summary(PROBE_UID),
            cancel_late=False,  # a store too slow for sessions may still take engagements
            count=partial(metrics.count_call, "store"),
        ),
        verifier=_verifier(settings),
        scenarios=scenarios_by_name,
        cursor_keys=settings.cursor_keys or _random_cursor_keys(),
        now_us=wire_clock(settings),
        triggers=triggers,
        search_indexes=SearchIndexes(shelf, degradations, memory_limit),
        query_embeddings=QueryEmbeddings(wire_embedders(settings, model), degradations, metrics),
        notes=TextReader(TextKind.NOTES, shelf, degradations, metrics),
        transcripts=TextReader(TextKind.TRANSCRIPTS, shelf, degradations, metrics),
        preferences=(
            store.read_profile if settings.SCHEMA and wire_schema(settings).profile else None
        ),
        home=_home(settings),
        experiment=experiment,
        external_search=_external_search(settings, degradations, metrics),
        metrics=metrics,
        model=model,
        model_state=model.state if model else None,
    )


def wire_shelf(settings: Settings) -> Shelf:
    """Return the shelf that these settings name."""
    return shelf_at(settings.SHELF)


def wire_store(settings: Settings) -> SummaryStore:
    """Return the store of users, all that a trigger needs. Raises `SettingsError`."""
    check_store(settings)
    return _store(settings)[0]


async def sample_documents(settings: Settings, limit: int) -> tuple[int, dict[str, int]]:
    """Return how many documents of users were read, and how many are not understood, by reason.

    At most `limit` of each source are read. A reason ends with an example. Raises `Unavailable`.
    """
    if settings.STORE != CLOUD_STORE:
        return 0, {}
    from adapters.firestore import sample  # noqa: PLC0415

    project = settings.FIREBASE_PROJECT or None
    number, refusals = await sample.sample_documents(project, wire_schema(settings), limit)
    return number, {
        f"{source}: {reason}, as in {refusals.examples[source, reason]}": count
        for (source, reason), count in refusals.counts.most_common()
    }


def wire_events(settings: Settings) -> "EventReader":
    """Return what names the users that an event is about. Raises `SettingsError`."""
    from adapters.firestore.events import EventReader  # noqa: PLC0415

    return EventReader(wire_schema(settings))


def wire_schema(settings: Settings) -> "Schema":
    """Return where an app keeps its data in Firestore. Raises `SettingsError`."""
    from adapters.firestore.schema.schema import SchemaError, read_schema  # noqa: PLC0415

    try:
        return read_schema(settings.SCHEMA)
    except SchemaError as error:
        raise SettingsError(f"SCHEMA: {error}") from error


def write_file(path: Path, data: bytes) -> None:
    """Write a file as a whole: a reader sees all of `data` or none. Raises OSError."""
    from adapters.folder.files import write_whole  # noqa: PLC0415  # only commands need it

    write_whole(path, data)


def _store(
    settings: Settings,
) -> tuple[SummaryStore, Conversations, Triggers, Mapping[tuple[str, str], int]]:
    """Return the stores, the triggers that they need in this process, and what cannot be read."""
    if settings.STORE == CLOUD_STORE:
        from adapters.firestore.conversations import FirestoreConversations  # noqa: PLC0415
        from adapters.firestore.users import FirestoreStore  # noqa: PLC0415

        store = FirestoreStore(settings.FIREBASE_PROJECT or None, wire_schema(settings))
        conversations = FirestoreConversations(store.connection, store.schema)
        return store, conversations, NoTriggers(), store.refusals.counts
    if settings.SCHEMA:
        raise SettingsError(f"SCHEMA: expected none with STORE={settings.STORE}")
    from adapters.sqlite.conversations import SqliteConversations  # noqa: PLC0415
    from adapters.sqlite.users import SqliteStore  # noqa: PLC0415
    from functions.triggers.local_triggers import LocalTriggers  # noqa: PLC0415

    embedded = SqliteStore(Path(settings.STORE))
    return embedded, SqliteConversations(embedded.connection), LocalTriggers(embedded), {}


def _external_search(
    settings: Settings, degradations: DegradationLog, metrics: Metrics
) -> "ExternalSearch | None":
    if settings.RETRIEVAL == "snapshot":
        return None
    from adapters.pinecone.search import PineconeSearch  # noqa: PLC0415
    from functions.serving.external_search import PROBE_EPISODE, ExternalSearch  # noqa: PLC0415

    try:
        search = PineconeSearch(
            settings.PINECONE_HOST, settings.PINECONE_API_KEY, settings.PINECONE_NAMESPACE
        )
    except ValueError as error:
        raise SettingsError(f"PINECONE_HOST or PINECONE_API_KEY: {error}") from error
    budget = TimeBudget(settings.RETRIEVAL_TIMEOUT_S)
    breaker = CircuitBreaker(
        "the search",
        budget,
        lambda: search.vectors([PROBE_EPISODE]),
        count=partial(metrics.count_call, "search"),
    )
    return ExternalSearch(search, breaker, degradations)


def _verifier(settings: Settings) -> Verifier:
    verifier = _user_verifier(settings)
    if not settings.APP_CHECK:
        return verifier
    from functions.auth.firebase import AppCheckVerifier  # noqa: PLC0415

    return AppCheckVerifier(verifier, settings.APP_CHECK)


def _user_verifier(settings: Settings) -> Verifier:
    if settings.AUTH == "none":
        return AnonymousVerifier(local=not settings.K_SERVICE)
    if settings.AUTH == "demo":
        return DemoVerifier()
    from functions.auth.firebase import EmulatorVerifier, FirebaseVerifier  # noqa: PLC0415

    if settings.AUTH == "emulator":
        return EmulatorVerifier(settings.FIREBASE_PROJECT, k_service=settings.K_SERVICE)
    return FirebaseVerifier(settings.FIREBASE_PROJECT)


def wire_scenarios(settings: Settings) -> dict[str, Scenario]:
    """Return the shipped scenarios and those of the folder SCENARIOS, by name.

    Raises `SettingsError`.
    """
    by_name = scenarios.shipped()
    if settings.SCENARIOS:
        if not Path(settings.SCENARIOS).is_dir():
            raise SettingsError(f"SCENARIOS: expected a folder, got {settings.SCENARIOS}")
        try:
            by_name |= scenarios.load_folder(Path(settings.SCENARIOS))
        except scenarios.ScenarioError as error:
            raise SettingsError(f"SCENARIOS: {error}") from error
    if settings.SCENARIO not in by_name:
        raise SettingsError(
            f"SCENARIO: expected one of {', '.join(by_name)}, got {settings.SCENARIO}"
        )
    return by_name


def _home(settings: Settings) -> Home:
    """Return the home page in the file that HOME_PAGE names, or the shipped one."""
    if not settings.HOME_PAGE:
        return homes.shipped()
    try:
        return homes.load(Path(settings.HOME_PAGE))
    except homes.HomeError as error:
        raise SettingsError(f"HOME_PAGE: {error}") from error


def wire_experiment(
    settings: Settings, scenarios_by_name: Mapping[str, Scenario]
) -> Experiment | None:
    """Return the experiment in the file that EXPERIMENT names, if it names one.

    Raises `SettingsError`.
    """
    if not settings.EXPERIMENT:
        return None
    try:
        experiment = experiments.load(Path(settings.EXPERIMENT))
    except experiments.ExperimentError as error:
        raise SettingsError(f"EXPERIMENT: {error}") from error
    for arm in experiment.arms:
        if arm not in scenarios_by_name:
            raise SettingsError(
                f"EXPERIMENT: {settings.EXPERIMENT}: arm {arm}: "
                f"expected one of {', '.join(scenarios_by_name)}"
            )
    return experiment


def wire_clock(settings: Settings) -> Callable[[], int]:
    """Return the clock, microseconds since 1970, UTC: that of the machine, or the time NOW."""
    if settings.NOW is not None:
        fixed_us = to_us(settings.NOW)
        return lambda: fixed_us
    return lambda: time.time_ns() // 1000


def _random_cursor_keys() -> tuple[bytes, ...]:
    log("WARNING", "CURSOR_KEYS is not set: cursors are valid until this process ends")
    return (secrets.token_bytes(32),)
