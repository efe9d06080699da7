"""Decision log: what handlers add to the log lines of their requests, for evaluations.

`feed.session.decision_log` defines the fields. With the setting `LOG_DECISIONS` off, none is added.
"""

from collections.abc import Sequence

from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement
from feed.model.impressions import Impression
from feed.scenarios.experiment import Assignment
from feed.session.decision_log import (
    ShownList,
    is_session_id,
    logged_engagement,
    seen_lists,
    shown_list,
)
from feed.session.state import Session
from functions.serving.service import Service
from functions.telemetry import Timings


def log_ranking(
    timings: Timings,
    *,
    session_id: str,
    scenario: str,
    catalog: Catalog,
    degraded: Sequence[str],
    experiment: Assignment | None,
) -> None:
    """Log what a session or home page was ranked by, and what it had to do without."""
    timings.log_fields |= {
        "session_id": session_id,
        "scenario": scenario,
        "catalog_version": catalog.version,
        "degraded": degraded,
    }
    if experiment is not None:
        timings.log_fields["experiment"] = experiment


def log_page(
    service: Service, timings: Timings, catalog: Catalog, session: Session, limit: int
) -> None:
    """Log what the next page of a session shows, and with its first page how it was ranked."""
    if not (session.is_decision and service.settings.LOG_DECISIONS):
        return
    shown = session.queue.take(slice(limit))
    page = shown_list(
        catalog, shown.rows, session.shown + 1, service.now_us(), sources=shown.sources
    )
    log_shown(service, timings, catalog, [page])
    if session.explored:
        timings.log_fields["drawn"] = session.explored
    if session.ranked is not None:
        timings.log_fields["queue"] = session.ranked


def log_shown(
    service: Service, timings: Timings, catalog: Catalog, lists: Sequence[ShownList]
) -> None:
    """Log the lists of episodes that an answer shows. The line also needs its `session_id`."""
    if service.settings.LOG_DECISIONS:
        timings.log_fields |= {"shown": lists, "catalog_episodes": len(catalog)}


def log_seen(service: Service, timings: Timings, impressions: Sequence[Impression]) -> None:
    """Log what was on the screen, but for what the catalog in memory does not have."""
    loaded = service.holder.loaded
    if service.settings.LOG_DECISIONS and loaded is not None:
        timings.log_fields["seen"] = seen_lists(loaded.catalog, impressions)


def log_engagement(
    service: Service, timings: Timings, engagement: Engagement, session_id: str | None
) -> None:
    """Log an engagement that was recorded, and in which session it happened, if that is known."""
    loaded = service.holder.loaded
    if session_id is not None and is_session_id(session_id):
        timings.log_fields["session_id"] = session_id
    if service.settings.LOG_DECISIONS and loaded is not None:
        logged = logged_engagement(loaded.catalog, engagement)
        if logged is not None:
            timings.log_fields["engagement"] = logged
