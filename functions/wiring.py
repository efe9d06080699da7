"""Wiring: settings to a service. The only place that knows which adapter stands behind a port."""

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from adapters.folder import FolderShelf
from adapters.sqlite import SqliteStore
from feed import scenario as scenarios
from feed.clock import to_us
from feed.scenario import Scenario
from functions import memory
from functions.auth import DemoUsers, Nobody
from functions.holder import CatalogHolder
from functions.local_triggers import LocalTriggers
from functions.service import Service
from functions.settings import Settings, SettingsError, read_settings
from functions.telemetry import log


def wire(settings: Settings | None = None) -> Service:
    """The service of these settings, by default the environment's. Raises `SettingsError`."""
    settings = settings or read_settings(os.environ)
    known = _scenarios(settings)
    store = SqliteStore(Path(settings.STORE))
    limit = settings.MEMORY_LIMIT_MB * 2**20 or memory.limit_bytes()
    return Service(
        settings=settings,
        holder=CatalogHolder(
            FolderShelf(Path(settings.SHELF)),
            known,
            refresh_s=settings.CATALOG_REFRESH_S,
            memory_limit=limit,
        ),
        store=store,
        verifier=DemoUsers() if settings.AUTH == "demo" else Nobody(),
        scenarios=known,
        cursor_keys=settings.cursor_keys or _made_up_key(),
        now_us=_clock(settings),
        stored=LocalTriggers(store).run,
    )


def _scenarios(settings: Settings) -> dict[str, Scenario]:
    """The shipped scenarios and those of the folder, by name."""
    known = scenarios.shipped()
    if settings.SCENARIOS:
        for path in sorted(Path(settings.SCENARIOS).glob("*.toml")):
            try:
                one = scenarios.parse(path.read_bytes())
            except scenarios.ScenarioError as error:
                raise SettingsError(f"SCENARIOS: {path.name}: {error}") from error
            known[one.name] = one
    if settings.SCENARIO not in known:
        raise SettingsError(
            f"SCENARIO: expected one of {', '.join(known)}, got {settings.SCENARIO}"
        )
    return known


def _clock(settings: Settings) -> Callable[[], int]:
    if settings.NOW is not None:
        fixed_us = to_us(settings.NOW)
        return lambda: fixed_us
    return lambda: time.time_ns() // 1000


def _made_up_key() -> tuple[bytes, ...]:
    log("WARNING", "CURSOR_KEYS is not set: cursors end with this process")
    return (secrets.token_bytes(32),)
