"""The scheduled function: publishes what changed. Only Cloud Scheduler may call it.

The body of the `POST` is optional: `{"full": true}` reads everything again, `{"force": true}`
publishes what the gate refuses. It answers 5xx only where Cloud Scheduler should try again.
"""

import os
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import functions_framework.aio
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from catalog_builder import job
from catalog_builder.build_options import BuildOptions
from catalog_builder.episodes.allowance import parse_allowance
from catalog_builder.errors import CommandError, Superseded
from catalog_builder.inputs import BuildInputs
from catalog_builder.look import look
from catalog_builder.report import LookReport
from catalog_builder.signals.state import settled_until
from catalog_builder.wiring import (
    build_cache_at,
    build_inputs,
    leases_at,
    refresh_preferences,
    shelf_at,
)
from feed.model.timestamps import to_us
from feed.ports.errors import Conflict, Unavailable
from feed.ports.shelf import Shelf
from functions.http.job import Job
from functions.settings import SettingsError, read_settings
from functions.settings_checks import check_shelf, check_store
from functions.telemetry import install_log_handler
from functions.wiring.startup import make_or_exit

REFUSED = "catalog-refused"


class PublishRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of the `POST`, in which every field is optional."""

    full: bool = False
    """read everything again instead of what changed since the last build"""
    force: bool = False
    """publish what the gate refuses"""


class ScheduledBuild:
    """Builds and publishes a catalog as the settings say."""

    def __init__(self, environment: dict[str, str]) -> None:
        """Read the settings from environment variables. Raises `SettingsError`."""
        self._settings = read_settings(environment)
        check_store(self._settings)
        check_shelf(self._settings)
        if not self._settings.EPISODES and not self._settings.FEEDS:
            raise SettingsError("EPISODES: expected firestore or a file, or else FEEDS")
        try:
            self._max_bad = parse_allowance(self._settings.MAX_BAD)
        except ValueError as error:
            raise SettingsError(f"MAX_BAD: {error}") from error
        try:
            self._inputs(PublishRequest(), datetime.now(UTC))
        except CommandError as error:
            raise SettingsError(str(error)) from error

    def run(self, request: PublishRequest) -> LookReport:
        """Look for changes and publish them, under a lease.

        Raises `Conflict` while another build runs, and what `catalog_builder.job` raises.
        """
        settings, now = self._settings, self._settings.NOW or datetime.now(UTC)
        owner = f"publish_catalog {uuid.uuid4().hex[:8]}, which began at {now:%F %T}Z"
        with job.build_lease(leases_at(settings.SHELF), owner, settings.LEASE_S, now):
            shelf, cache = shelf_at(settings.SHELF), build_cache_at(settings.SHELF)
            report = look(
                shelf,
                cache,
                self._inputs(request, now, shelf),
                keep=settings.KEEP,
                signals_interval_s=settings.SIGNALS_INTERVAL_S,
                full=request.full,
                force=request.force,
            )
            pointer = shelf.current(job.LEASE_TIMEOUT_S)
            was_full = pointer and pointer.looks and pointer.looks.full_us == to_us(now)
            notes = self._refresh_preferences(request) if was_full else []
            return replace(report, notes=[*report.notes, *notes])

    def _refresh_preferences(self, request: PublishRequest) -> list[str]:
        """Update summaries with an app's preferences, once a day. Returns notes for the report."""
        try:
            changed = refresh_preferences(self._options(request))
        except Unavailable as error:
            return [f"preferences of the app were not read: {error}"]
        return [f"{changed:,} summaries have other preferences of the app"] if changed else []

    def _inputs(
        self, request: PublishRequest, now: datetime, shelf: Shelf | None = None
    ) -> BuildInputs:
        inputs = build_inputs(self._options(request), now, shelf)
        return replace(inputs, until_us=settled_until(now))

    def _options(self, request: PublishRequest) -> BuildOptions:
        settings = self._settings
        return BuildOptions(
            episodes=settings.EPISODES,
            feeds=settings.FEEDS.split(),
            allow_private_feeds=settings.ALLOW_PRIVATE_FEEDS,
            include_blocked=settings.INCLUDE_BLOCKED,
            feed_max_mb=settings.FEED_MAX_MB,
            feeds_max_mb=settings.FEEDS_MAX_MB,
            feeds_timeout_s=settings.FEEDS_TIMEOUT_S,
            fields=Path(settings.FIELDS) if settings.FIELDS else None,
            max_bad=self._max_bad,
            vectors="" if settings.VECTORS == "text" else settings.VECTORS,
            no_vectors=settings.NO_VECTORS,
            pinecone_host=settings.PINECONE_HOST,
            pinecone_api_key=settings.PINECONE_API_KEY,
            pinecone_namespace=settings.PINECONE_NAMESPACE,
            pinecone_model=settings.PINECONE_MODEL,
            users=settings.STORE,
            min_users=settings.MIN_USERS,
            project=settings.FIREBASE_PROJECT,
            schema=settings.SCHEMA,
            cache=settings.SHELF,
            full=request.full,
            transcripts=settings.TRANSCRIPTS,
            enrich=settings.ENRICH,
            enrich_at_once=settings.MODEL_CONCURRENCY,
            enrich_max_s=settings.ENRICH_MAX_S,
            max_cost=settings.ENRICH_MAX_COST,
            model_price=settings.MODEL_PRICE,
            model=settings.MODEL,
            model_url=settings.MODEL_URL,
            model_api_key=settings.MODEL_API_KEY,
            model_regions=tuple(settings.genai_regions),
        )


install_log_handler()
_job = Job(
    body=PublishRequest,
    run=make_or_exit(lambda: ScheduledBuild(dict(os.environ))).run,
    about="catalog",
    failure="nothing was published",
    problems={
        Conflict: (409, "build-running"),
        Superseded: (409, "published-meanwhile"),
        CommandError: (422, REFUSED),
    },
    alarming={REFUSED},
)


@functions_framework.aio.http
async def publish_catalog(request: Request) -> Response:
    """Build and publish a catalog, and answer its report or a problem document."""
    return await _job.answer(request)
