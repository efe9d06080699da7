"""Assembles the service behind the API from its settings.

An adapter is imported where it is chosen, so that the function loads none that it does not use.
"""

import os
import secrets
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from feed.model.stored_texts import TextKind
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
from functions.settings import Settings, SettingsError, read_settings
from functions.settings_checks import check_session
from functions.telemetry import Metrics, log
from functions.wiring.clock import wire_clock
from functions.wiring.embedders import wire_embedders
from functions.wiring.models import wire_model
from functions.wiring.scenarios import wire_experiment, wire_home, wire_scenarios
from functions.wiring.stores import wire_schema, wire_shelf, wire_stores
from functions.wiring.verifiers import wire_verifier

if TYPE_CHECKING:
    from functions.serving.external_search import ExternalSearch

PROBE_UID = "earshot-health"
"""id of a user that no store holds"""


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
    store, conversations, triggers, malformed = wire_stores(settings)
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
        verifier=wire_verifier(settings),
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
        home=wire_home(settings),
        experiment=experiment,
        external_search=_external_search(settings, degradations, metrics),
        metrics=metrics,
        model=model,
        model_state=model.state if model else None,
    )


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


def _random_cursor_keys() -> tuple[bytes, ...]:
    log("WARNING", "CURSOR_KEYS is not set: cursors are valid until this process ends")
    return (secrets.token_bytes(32),)
