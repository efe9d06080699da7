"""Checks of a project from where the doctor stands: settings, shelf, store, identity, search."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement
from feed.model.timestamps import HOUR_US
from feed.ports.errors import Damaged, DamagedPointer, NotFound, TooLarge, Unavailable
from feed.ports.shelf import Shelf
from feed.ports.users import SummaryStore
from feed.snapshot.codec import SnapshotError, decode
from feed.summary.writer import update_summary
from functions.problems import ProblemError
from functions.serving.catalog_loader import memory_limit_bytes
from functions.settings import CLOUD_STORE, Settings
from operations.doctor.finding import Finding, fail, ok, warn

TIMEOUT_S = 10.0
FETCH_S = 300.0
RESERVE_MB = 200
"""what a process needs beside two snapshots"""
PROBE = "earshot-doctor"
"""the user that is looked for, and with `--write` written to"""
LEAST_COVERAGE = 0.5


def cloud(settings: Settings) -> Iterator[Finding]:
    """Whether all that matters in the cloud is set, where anything says that this is for it."""
    wanted = {
        "STORE": (settings.STORE == CLOUD_STORE, "firestore"),
        "SHELF": (settings.SHELF.startswith("gs://"), "gs://BUCKET"),
        "AUTH": (settings.AUTH == "firebase", "firebase"),
        "CURSOR_KEYS": (bool(settings.cursor_keys), "a secret"),
    }
    lacking = [f"{name}={value}" for name, (right, value) in wanted.items() if not right]
    if len(lacking) == len(wanted) or os.environ.get("FIRESTORE_EMULATOR_HOST"):
        yield ok("cloud", "a local project")
    elif lacking:
        detail = f"not for a deployment: expected {', '.join(lacking)}"
        yield warn("cloud", detail, "docs/settings.md; ./deploy.sh sets them")
    else:
        yield ok("cloud", f"Firebase project {settings.FIREBASE_PROJECT}")


def shelf(
    settings: Settings, shelf: Shelf, now_us: int, max_age_h: float, found: list[Catalog]
) -> Iterator[Finding]:
    """The shelf and the snapshot on it, which is put into `found` if it is sound."""
    publish = "publish a catalog: docs/operations.md, Rebuild"
    back = f"python -m catalog_builder rollback --shelf {settings.SHELF}"
    try:
        pointer = shelf.current(TIMEOUT_S)
        if pointer is None:
            yield fail("shelf", f"{settings.SHELF}: nothing is published", publish)
            return
        yield ok("shelf", f"{settings.SHELF}: {pointer.version}, {pointer.size:,} bytes")
        catalog = decode(shelf.fetch(pointer.version, FETCH_S, pointer.size, pointer.sha256))
    except Unavailable as error:
        grant = "gcloud auth application-default login, or the roles in docs/deploy.md"
        yield fail("shelf", str(error), grant if settings.SHELF.startswith("gs://") else publish)
        return
    except DamagedPointer as error:
        yield fail("shelf", str(error), back)
        return
    except (SnapshotError, NotFound, Damaged, TooLarge) as error:
        yield fail("snapshot", str(error), back)
        return
    found.append(catalog)
    yield ok("snapshot", f"{len(catalog):,} episodes, sound")
    yield _age(settings, catalog, now_us, max_age_h)
    coverage = float(catalog.embeddings.present.mean()) if len(catalog) else 0.0
    share = f"{coverage:.0%} of the episodes have a vector ({catalog.model})"
    if coverage < LEAST_COVERAGE:
        yield warn("vectors", share, "docs/episodes.md, Vectors")
    else:
        yield ok("vectors", share)
    yield _memory(settings, pointer.size)


def _age(settings: Settings, catalog: Catalog, now_us: int, max_age_h: float) -> Finding:
    hours = (now_us - catalog.created_us) / HOUR_US
    log = "gcloud functions logs read publish-catalog --gen2; docs/operations.md"
    if (stale_h := settings.CATALOG_MAX_AGE_S / 3600) < hours:
        detail = f"built {hours:.0f} h ago, and stale after {stale_h:g} h (CATALOG_MAX_AGE_S)"
        return fail("age", detail, log)
    if hours > max_age_h:
        return warn("age", f"built {hours:.0f} h ago, more than {max_age_h:g}", log)
    return ok("age", f"built {hours:.1f} h ago")


def _memory(settings: Settings, size: int) -> Finding:
    limit_bytes = settings.MEMORY_LIMIT_MB * 2**20 or memory_limit_bytes()
    needed_mb = 2 * size // 2**20 + RESERVE_MB
    if limit_bytes is None:
        return ok("memory", f"no limit is known; two snapshots and a process need {needed_mb} MB")
    limit_mb = limit_bytes // 2**20
    detail = f"two snapshots and a process need {needed_mb} MB of {limit_mb}"
    if needed_mb > limit_mb:
        return fail("memory", detail, "./deploy.sh --memory=…, or fewer dimensions")
    return ok("memory", detail)


async def store(settings: Settings, store: SummaryStore, *, write: bool) -> AsyncIterator[Finding]:
    """Users: read, listed by time, and if it may be written."""
    cloud = settings.STORE == CLOUD_STORE
    grant = "gcloud auth application-default login, and roles/datastore.user (docs/deploy.md)"
    remedy = grant if cloud else f"see to the file {settings.STORE}"
    if not cloud and not write and _absent(settings.STORE):
        yield ok("store", f"{settings.STORE}: not there yet; the first user makes it")
        return
    try:
        await store.read_summary(PROBE)
        yield ok("store", f"{settings.STORE}: users can be read")
    except Unavailable as error:
        yield fail("store", str(error), remedy)
        return
    try:
        await store.newest_engagements(PROBE, 1, after=(0, ""))
        yield ok("index", "engagements can be listed by their time")
    except Unavailable as error:
        indexes = "firebase deploy --only=firestore:indexes, and wait until they are built"
        yield fail("index", str(error), indexes if cloud else remedy)
    if write:
        yield await _write(store, remedy)


def _absent(path: str) -> bool:
    return not Path(path).exists()


async def _write(store: SummaryStore, remedy: str) -> Finding:
    one = Engagement(id=PROBE, episode_id=PROBE, type="click", timestamp_us=0)
    try:
        try:
            await store.put_engagement(PROBE, one)
        finally:
            await store.delete_engagement(PROBE, PROBE)
            await update_summary(store, PROBE, profile=True, rebuild=True)
    except Unavailable as error:
        return fail("write", str(error), remedy)
    return ok("write", f"an engagement of {PROBE} was written and removed")


async def identity(settings: Settings) -> Finding:
    """Whether tokens can be verified."""
    if settings.AUTH != "firebase":
        return ok("identity", f"AUTH={settings.AUTH}: no keys are needed")
    from functions.auth.google_keys import GoogleKeys  # noqa: PLC0415  # cryptography, as deployed

    try:
        await GoogleKeys().key(PROBE)
    except ProblemError as problem:
        return fail("identity", problem.detail, "let this machine reach www.googleapis.com")
    return ok("identity", "Google's keys can be had")
