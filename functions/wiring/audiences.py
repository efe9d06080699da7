"""What finds audiences, with the adapters that the settings name."""

from pathlib import Path

from adapters.locations import files_at, shelf_at
from feed.ports.users import SummaryPages
from functions.audience.finder import AudienceFinder
from functions.settings import CLOUD_STORE, Settings, SettingsError
from functions.settings_checks import check_audiences, check_shelf, check_store
from functions.wiring.clock import wire_clock
from functions.wiring.scenarios import wire_experiment, wire_scenarios
from functions.wiring.stores import wire_schema

FOLDER = "audiences"
"""below a shelf that is a folder"""


def wire_audiences(settings: Settings) -> AudienceFinder:
    """Return what finds audiences. Raises `SettingsError`."""
    check_store(settings)
    check_shelf(settings)
    check_audiences(settings)
    if settings.RETRIEVAL != "snapshot":
        raise SettingsError(f"RETRIEVAL: expected snapshot, got {settings.RETRIEVAL}")
    scenarios = wire_scenarios(settings)
    cloud = settings.STORE == CLOUD_STORE
    project = settings.FIREBASE_PROJECT
    return AudienceFinder(
        store=f"{CLOUD_STORE}: {project}" if cloud else str(Path(settings.STORE).resolve()),
        shelf=shelf_at(settings.SHELF),
        files=files_at(settings.AUDIENCES or f"{settings.SHELF}/{FOLDER}"),
        pages=_pages(settings),
        scenarios=scenarios,
        scenario=settings.SCENARIO,
        experiment=wire_experiment(settings, scenarios),
        now_us=wire_clock(settings),
    )


def _pages(settings: Settings) -> SummaryPages:
    if settings.STORE == CLOUD_STORE:
        from adapters.firestore.summary_archive import FirestoreArchive  # noqa: PLC0415

        return FirestoreArchive(settings.FIREBASE_PROJECT or None, wire_schema(settings))
    from adapters.sqlite.summary_archive import SqliteArchive  # noqa: PLC0415

    return SqliteArchive(Path(settings.STORE))
