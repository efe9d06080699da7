"""The shelf is empty, gone, or holds what cannot be used: the last good catalog is served."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from feed.catalog.catalog import Catalog
from tests.support.catalogs import catalog_of, episodes, overwrite, publish_to
from tests.support.damages import DAMAGES, altered
from tests.support.server import Server, problem, until

Start = Callable[..., Server]


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "shelf"


def published(shelf: Path, count: int) -> Catalog:
    return publish_to(shelf, catalog_of(episodes(count)))


def seen(server: Server) -> tuple[str, list[str]]:
    """What a session says of its catalog."""
    page = server.create()
    assert page["episodes"]
    return page["catalog_version"], page["degraded"]


def test_without_a_sound_catalog_requests_are_answered_503_until_there_is_one(
    start_server: Start, shelf: Path
) -> None:
    server = start_server()
    for method, path in (
        ("POST", "/api/sessions/create"),
        ("GET", "/api/episodes/episode-1"),
        ("GET", "/api/episodes/episode-1/similar"),
        ("GET", "/api/categories"),
    ):
        response = server.call(method, path)
        assert problem(response, 503)["type"] == "urn:earshot:problem:no-catalog"
        assert int(response.headers["retry-after"]) > 0
    health = server.call("GET", "/api/health")
    assert health.status_code == 503
    assert health.json()["status"] == "no_catalog"
    assert server.engage("anna", episode_id="episode-1", type="like")["id"]

    altered(shelf / "snapshots" / published(shelf, 399).version, shelf)
    problem(server.call("POST", "/api/sessions/create", {}), 503)

    catalog = published(shelf, 400)  # without a restart
    assert server.create("anna")["catalog_version"] == catalog.version
    assert server.call("GET", "/api/health").json()["status"] == "ok"


def test_a_broken_publication_is_named_and_the_last_good_catalog_stays(
    start_server: Start, shelf: Path
) -> None:
    good = published(shelf, 400)
    server = start_server(CATALOG_REFRESH_S="0")
    session = server.create(limit=1)
    for number, (damage, named) in enumerate(DAMAGES.items()):
        bad = published(shelf, 401 + 2 * number)
        damage(shelf / "snapshots" / bad.version, shelf)
        until(lambda served=(good.version, [named]): seen(server) == served)
        assert named in server.next_page(session)["degraded"]
        similar = server.call("GET", "/api/episodes/episode-1/similar")
        assert named in similar.json()["degraded"]
        assert similar.headers["cache-control"] == "no-store"
        good = published(shelf, 402 + 2 * number)  # without a repair
        until(lambda served=(good.version, []): seen(server) == served)
    assert server.call("GET", "/api/health").json()["catalog"]["episodes"] == len(good)

    before = server.create()["episodes"]
    stored = shelf / "snapshots" / good.version
    assert not stored.stat().st_mode & 0o222, "written in place, it would change for its readers"
    overwrite(stored, bytes(1000))
    assert server.create()["episodes"] == before  # served from the file as it was

    session = server.create(limit=1)
    shutil.rmtree(shelf)
    until(lambda: seen(server) == (good.version, ["catalog_missing"]))
    assert len(server.queue(session)) == session["total_in_queue"]
    assert server.call("GET", "/api/episodes/episode-1").status_code == 200
    good = published(shelf, 400)
    until(lambda: seen(server) == (good.version, []))


def test_a_process_that_starts_on_a_broken_publication_says_so_and_serves_the_one_before(
    start_server: Start, shelf: Path
) -> None:
    good, bad = published(shelf, 400), published(shelf, 401)
    altered(shelf / "snapshots" / bad.version, shelf)
    server = start_server(CATALOG_REFRESH_S="0")
    assert seen(server) == (good.version, ["catalog_broken"])
    health = server.call("GET", "/api/health")
    assert health.status_code == 200
    assert health.json()["status"] == "degraded"
    assert health.json()["dependencies"]["shelf"] == "catalog_broken"
    metrics = server.call("GET", "/api/metrics").text
    assert 'earshot_degraded_total{what="catalog_broken"}' in metrics
    (line,) = server.logged(lambda one: one.get("cause") == "catalog_broken")
    assert line["severity"] == "ERROR"
    assert line["reason"]
    better = published(shelf, 402)
    until(lambda: seen(server) == (better.version, []))


def test_a_catalog_that_does_not_fit_beside_the_old_one_is_refused(
    start_server: Start, shelf: Path
) -> None:
    old = published(shelf, 400)
    server = start_server(CATALOG_REFRESH_S="0", MEMORY_LIMIT_MB="161")  # 1 MB for catalogs
    assert seen(server) == (old.version, [])
    large = published(shelf, 4000)
    assert (shelf / "snapshots" / large.version).stat().st_size > 2**20
    until(lambda: seen(server) == (old.version, ["catalog_too_large"]))
    small = published(shelf, 401)
    until(lambda: seen(server) == (small.version, []))
