"""Checks of a project from the inside: settings, shelf, snapshot, store and identity."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement
from feed.model.timestamps import HOUR_US
from feed.ports.errors import Damaged, DamagedPointer, NotFound, TooLarge, Unavailable
from feed.ports.shelf import LookTimes, Shelf
from feed.ports.users import SummaryStore
from feed.snapshot.codec import SnapshotError, decode
from feed.summary.writer import refresh_summary
from functions.problems import ProblemError
from functions.serving.catalog_loader import memory_limit_bytes
from functions.settings import CLOUD_STORE, Settings
from functions.wiring.stores import sample_documents
from operations.doctor.finding import Finding, fail, ok, warn

POINTER_TIMEOUT_S = 10.0
FETCH_TIMEOUT_S = 300.0
RESERVE_MB = 200
"""memory that a process needs besides two snapshots"""
PROBE_UID = "earshot-doctor"
"""the user that is read, and with `--write` written"""
MIN_VECTOR_SHARE = 0.5
SAMPLE = 200
"""documents that are read of each source"""


def cloud(settings: Settings) -> Iterator[Finding]:
    """Check that a deployment has all settings it needs; a local project is fine without."""
    required = {
        "STORE": (settings.STORE == CLOUD_STORE, "firestore"),
        "SHELF": (settings.SHELF.startswith("gs://"), "gs://BUCKET"),
        "AUTH": (settings.AUTH == "firebase", "firebase"),
        "CURSOR_KEYS": (bool(settings.cursor_keys), "a secret"),
    }
    missing = [f"{name}={value}" for name, (is_set, value) in required.items() if not is_set]
    if len(missing) == len(required) or os.environ.get("FIRESTORE_EMULATOR_HOST"):
        yield ok("cloud", "a local project")
    elif missing:
        detail = f"not enough for a deployment: expected {', '.join(missing)}"
        yield warn("cloud", detail, "docs/settings.md; ./deploy.sh sets them")
    else:
        yield ok("cloud", f"Firebase project {settings.FIREBASE_PROJECT}")


def shelf(
    settings: Settings, shelf: Shelf, now_us: int, max_age_h: float, found: list[Catalog]
) -> Iterator[Finding]:
    """Check the shelf and its current snapshot, which is appended to `found` if it is sound."""
    publish = "publish a catalog: docs/operations.md, Rebuild"
    rollback = f"python -m catalog_builder rollback --shelf {settings.SHELF}"
    try:
        pointer = shelf.current(POINTER_TIMEOUT_S)
        if pointer is None:
            yield fail("shelf", f"{settings.SHELF}: nothing is published", publish)
            return
        yield ok("shelf", f"{settings.SHELF}: {pointer.version}, {pointer.size:,} bytes")
        catalog = decode(
            shelf.fetch(pointer.version, FETCH_TIMEOUT_S, pointer.size, pointer.sha256)
        )
    except Unavailable as error:
        grant = "gcloud auth application-default login, or the roles in docs/deploy.md"
        yield fail("shelf", str(error), grant if settings.SHELF.startswith("gs://") else publish)
        return
    except DamagedPointer as error:
        yield fail("shelf", str(error), rollback)
        return
    except (SnapshotError, NotFound, Damaged, TooLarge) as error:
        yield fail("snapshot", str(error), rollback)
        return
    found.append(catalog)
    yield ok("snapshot", f"{len(catalog):,} episodes, sound")
    yield _age(settings, catalog, pointer.looks, now_us, max_age_h)
    coverage = float(catalog.embeddings.present.mean()) if len(catalog) else 0.0
    share = f"{coverage:.0%} of the episodes have a vector ({catalog.model})"
    if coverage < MIN_VECTOR_SHARE:
        yield warn("vectors", share, "docs/episodes.md, Vectors")
    else:
        yield ok("vectors", share)
    yield _memory(settings, pointer.size)


def _age(
    settings: Settings, catalog: Catalog, looks: LookTimes | None, now_us: int, max_age_h: float
) -> Finding:
    looked_us = max(catalog.created_us, looks.episodes_us if looks else 0)
    hours = (now_us - looked_us) / HOUR_US
    log = "gcloud functions logs read publish-catalog --gen2; docs/operations.md"
    if (stale_h := settings.CATALOG_MAX_AGE_S / 3600) < hours:
        detail = f"last look {hours:.0f} h ago, and stale after {stale_h:g} h (CATALOG_MAX_AGE_S)"
        return fail("age", detail, log)
    if hours > max_age_h:
        return warn("age", f"last look {hours:.0f} h ago, more than {max_age_h:g}", log)
    return ok("age", f"last look {hours:.1f} h ago")


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
    """Check that users can be read and engagements listed, and with `write` also written."""
    cloud = settings.STORE == CLOUD_STORE
    grant = "gcloud auth application-default login, and roles/datastore.user (docs/deploy.md)"
    remedy = grant if cloud else f"check the file {settings.STORE}"
    if not cloud and not write and not await asyncio.to_thread(Path(settings.STORE).exists):
        yield ok("store", f"{settings.STORE}: does not exist yet; the first user creates it")
        return
    try:
        await store.read_summary(PROBE_UID)
        yield ok("store", f"{settings.STORE}: users can be read")
    except Unavailable as error:
        yield fail("store", str(error), remedy)
        return
    try:
        await store.newest_engagements(PROBE_UID, 1, after=(0, ""))
        yield ok("index", "engagements can be listed by their time")
    except Unavailable as error:
        indexes = "firebase deploy --only=firestore:indexes, and wait until they are built"
        yield fail("index", str(error), indexes if cloud else remedy)
    yield await _documents(settings, remedy)
    if write:
        yield await _check_write(store, remedy)


async def _documents(settings: Settings, remedy: str) -> Finding:
    """Check that documents of users are understood, by a sample of each source."""
    try:
        number, reasons = await sample_documents(settings, SAMPLE)
    except Unavailable as error:
        return fail("documents", str(error), remedy)
    if not reasons:
        return ok("documents", f"all of {number:,} engagements are understood")
    found = "; ".join(f"{count:,} {reason}" for reason, count in reasons.items())
    detail = f"of {number:,} engagements {sum(reasons.values()):,} are not understood: {found}"
    return warn("documents", detail, "correct the schema, or the documents: docs/schema.md")


async def _check_write(store: SummaryStore, remedy: str) -> Finding:
    one = Engagement(id=PROBE_UID, episode_id=PROBE_UID, type="click", timestamp_us=0)
    try:
        try:
            await store.put_engagement(PROBE_UID, one)
        finally:
            await store.delete_engagement(PROBE_UID, PROBE_UID)
            await refresh_summary(store, PROBE_UID, profile=True, rebuild=True)
    except Unavailable as error:
        return fail("write", str(error), remedy)
    return ok("write", f"an engagement of {PROBE_UID} was written and removed")


async def identity(settings: Settings) -> Finding:
    """Check that Google's keys, which verify tokens, can be fetched."""
    if settings.AUTH != "firebase":
        return ok("identity", f"AUTH={settings.AUTH}: no keys are needed")
    from functions.auth.google_keys import GoogleKeys  # noqa: PLC0415  # only as deployed

    try:
        await GoogleKeys().key(PROBE_UID)
    except ProblemError as problem:
        return fail("identity", problem.detail, "let this machine reach www.googleapis.com")
    return ok("identity", "Google's keys can be fetched")
