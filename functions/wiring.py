"""Wiring: settings to a service. The only place that knows which adapter stands behind a port.

Each adapter is imported where it is chosen: a function loads none that it does not use.
"""

import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from adapters.locations import shelf_at
from feed.model.timestamps import to_us
from feed.ports.shelf import Shelf
from feed.ports.users import SummaryStore
from feed.scenarios import experiment as experiments
from feed.scenarios import scenario as scenarios
from feed.scenarios.experiment import Experiment
from feed.scenarios.scenario import Scenario
from functions.auth.verifier import DemoUsers, Nobody, Verifier
from functions.serving import memory
from functions.serving.catalog_holder import CatalogHolder
from functions.serving.circuit_breaker import Guard
from functions.serving.degradation_log import DegradationLog
from functions.serving.service import NoTriggers, Service, Triggers
from functions.serving.time_budget import Budget
from functions.settings import (
    CLOUD_STORE,
    Settings,
    SettingsError,
    check_session,
    check_store,
    read_settings,
)
from functions.telemetry import log

if TYPE_CHECKING:
    from functions.serving.external_search import Retrieval

PROBE_UID = "earshot-health"
PROBE_EPISODE = "earshot-connects"
"""of which there is nothing"""

T = TypeVar("T")


def started(make: Callable[[], T]) -> T:
    """What `make` makes. A setting that cannot be used is named, and ends the process."""
    try:
        return make()
    except SettingsError as error:
        log("ERROR", f"Earshot cannot start: {error}")
        raise SystemExit(1) from None


def wire(settings: Settings | None = None) -> Service:
    """The service of these settings, by default the environment's. Raises `SettingsError`."""
    settings = settings or read_settings(os.environ)
    check_session(settings)
    if settings.WEB and not Path(settings.WEB).is_dir():
        raise SettingsError(f"WEB: expected a folder, got {settings.WEB}")
    known = _scenarios(settings)
    experiment = _experiment(settings, known)
    store, triggers = _store(settings)
    degradations = DegradationLog()
    return Service(
        settings=settings,
        holder=CatalogHolder(
            wire_shelf(settings),
            known,
            refresh_s=settings.CATALOG_REFRESH_S,
            expected={settings.SCENARIO, *(experiment.arms if experiment else ())},
            memory_limit=settings.MEMORY_LIMIT_MB * 2**20 or memory.limit_bytes(),
            degradations=degradations,
        ),
        degradations=degradations,
        store=store,
        store_guard=Guard(
            "the store of users",
            Budget(settings.SUMMARY_TIMEOUT_S),
            lambda: store.read_summary(PROBE_UID),
            cuts_off=False,  # or a store too slow for a session would take no engagement either
        ),
        verifier=_verifier(settings),
        scenarios=known,
        cursor_keys=settings.cursor_keys or _made_up_key(),
        now_us=_clock(settings),
        triggers=triggers,
        experiment=experiment,
        retrieval=_retrieval(settings, degradations),
    )


def wire_shelf(settings: Settings) -> Shelf:
    """The shelf alone."""
    return shelf_at(settings.SHELF)


def wire_store(settings: Settings | None = None) -> SummaryStore:
    """The store alone: what a trigger needs. Raises `SettingsError`."""
    settings = settings or read_settings(os.environ)
    check_store(settings)
    return _store(settings)[0]


def write_file(path: Path, data: bytes) -> None:
    """Write a file that is there whole, or not at all. Raises OSError."""
    from adapters.folder.shelf import write_whole  # noqa: PLC0415  # a command's, no function's

    write_whole(path, data)


def _store(settings: Settings) -> tuple[SummaryStore, Triggers]:
    """The store, and its triggers, where it has none of its own."""
    if settings.STORE == CLOUD_STORE:
        from adapters.firestore.users import FirestoreStore  # noqa: PLC0415

        return FirestoreStore(settings.FIREBASE_PROJECT or None), NoTriggers()
    from adapters.sqlite.users import SqliteStore  # noqa: PLC0415
    from functions.triggers.local_triggers import LocalTriggers  # noqa: PLC0415

    store = SqliteStore(Path(settings.STORE))
    return store, LocalTriggers(store)


def _retrieval(settings: Settings, degradations: DegradationLog) -> "Retrieval | None":
    if settings.RETRIEVAL == "snapshot":
        return None
    from adapters.pinecone.search import PineconeSearch  # noqa: PLC0415
    from functions.serving.external_search import Retrieval  # noqa: PLC0415

    try:
        search = PineconeSearch(
            settings.PINECONE_HOST, settings.PINECONE_API_KEY, settings.PINECONE_NAMESPACE
        )
    except ValueError as error:
        raise SettingsError(f"PINECONE_HOST or PINECONE_API_KEY: {error}") from error
    budget = Budget(settings.RETRIEVAL_TIMEOUT_S)
    guard = Guard("the search", budget, lambda: search.vectors([PROBE_EPISODE]))
    return Retrieval(search, guard, degradations)


def _verifier(settings: Settings) -> Verifier:
    users = _users(settings)
    if not settings.APP_CHECK:
        return users
    from functions.auth.firebase import AppChecked  # noqa: PLC0415

    return AppChecked(users, settings.APP_CHECK)


def _users(settings: Settings) -> Verifier:
    if settings.AUTH == "none":
        return Nobody(local=not settings.K_SERVICE)
    if settings.AUTH == "demo":
        return DemoUsers()
    from functions.auth.firebase import EmulatorUsers, FirebaseUsers  # noqa: PLC0415

    if settings.AUTH == "emulator":
        return EmulatorUsers(settings.FIREBASE_PROJECT, k_service=settings.K_SERVICE)
    return FirebaseUsers(settings.FIREBASE_PROJECT)


def _scenarios(settings: Settings) -> dict[str, Scenario]:
    """The shipped scenarios and those of the folder, by name."""
    known = scenarios.shipped()
    if settings.SCENARIOS:
        if not Path(settings.SCENARIOS).is_dir():
            raise SettingsError(f"SCENARIOS: expected a folder, got {settings.SCENARIOS}")
        try:
            known |= scenarios.load_folder(Path(settings.SCENARIOS))
        except scenarios.ScenarioError as error:
            raise SettingsError(f"SCENARIOS: {error}") from error
    if settings.SCENARIO not in known:
        raise SettingsError(
            f"SCENARIO: expected one of {', '.join(known)}, got {settings.SCENARIO}"
        )
    return known


def _experiment(settings: Settings, known: Mapping[str, Scenario]) -> Experiment | None:
    """The experiment in the file that the setting names, if it names one."""
    if not settings.EXPERIMENT:
        return None
    if settings.AUTH == "none":
        raise SettingsError("EXPERIMENT: with AUTH=none nobody can take part: expected none")
    path = Path(settings.EXPERIMENT)
    try:
        experiment = experiments.parse(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"EXPERIMENT: {path}: {error.strerror}") from error
    except experiments.ExperimentError as error:
        raise SettingsError(f"EXPERIMENT: {path.name}: {error}") from error
    for arm in experiment.arms:
        if arm not in known:
            raise SettingsError(
                f"EXPERIMENT: {path.name}: arm {arm}: expected one of {', '.join(known)}"
            )
    return experiment


def _clock(settings: Settings) -> Callable[[], int]:
    if settings.NOW is not None:
        fixed_us = to_us(settings.NOW)
        return lambda: fixed_us
    return lambda: time.time_ns() // 1000


def _made_up_key() -> tuple[bytes, ...]:
    log("WARNING", "CURSOR_KEYS is not set: cursors end with this process")
    return (secrets.token_bytes(32),)
