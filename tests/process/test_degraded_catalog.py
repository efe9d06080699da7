"""The shelf is empty, gone, or holds what cannot be used: the last good catalog is served."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from feed.catalog.catalog import Catalog
from feed.snapshot.codec import FORMAT
from tests.support.catalogs import catalog_of, episodes, overwrite, publish_to
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


def test_without_a_catalog_everybody_is_told_to_come_back(start_server: Start, shelf: Path) -> None:
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

    catalog = published(shelf, 400)  # and nobody restarts anything
    assert server.create("anna")["catalog_version"] == catalog.version
    assert server.call("GET", "/api/health").json()["status"] == "ok"


def test_a_new_catalog_is_picked_up_by_requests(start_server: Start, shelf: Path) -> None:
    old = published(shelf, 400)
    server = start_server(CATALOG_REFRESH_S="0")
    assert seen(server) == (old.version, [])
    new = published(shelf, 401)
    until(lambda: seen(server) == (new.version, []))
    assert server.call("GET", "/api/health").json()["catalog"]["episodes"] == 401


def test_within_the_refresh_time_nobody_looks(start_server: Start, shelf: Path) -> None:
    old = published(shelf, 400)
    server = start_server(CATALOG_REFRESH_S="3600")
    published(shelf, 401)
    assert {seen(server)[0] for _ in range(20)} == {old.version}


def altered(snapshot: Path, _shelf: Path) -> None:
    data = bytearray(snapshot.read_bytes())
    data[len(data) // 2] ^= 1
    overwrite(snapshot, bytes(data))


def cut(snapshot: Path, _shelf: Path) -> None:
    overwrite(snapshot, snapshot.read_bytes()[:1000])


def emptied(snapshot: Path, _shelf: Path) -> None:
    overwrite(snapshot, b"")


def zeroed(snapshot: Path, _shelf: Path) -> None:
    overwrite(snapshot, bytes(snapshot.stat().st_size))


def newer(snapshot: Path, _shelf: Path) -> None:
    """Of a format that this reader does not know."""
    data = snapshot.read_bytes()
    overwrite(snapshot, data[:8] + (FORMAT + 1).to_bytes(4, "little") + data[12:])


def missing(snapshot: Path, _shelf: Path) -> None:
    snapshot.unlink()


def renamed(snapshot: Path, shelf: Path) -> None:
    """Another catalog under its name."""
    other = next(path for path in (shelf / "snapshots").iterdir() if path != snapshot)
    overwrite(snapshot, other.read_bytes())


def no_pointer(_snapshot: Path, shelf: Path) -> None:
    (shelf / "current.json").unlink()


def damaged_pointer(_snapshot: Path, shelf: Path) -> None:
    (shelf / "current.json").write_text("{")


def odd_pointer(_snapshot: Path, shelf: Path) -> None:
    pointer = json.loads((shelf / "current.json").read_text())
    (shelf / "current.json").write_text(json.dumps(pointer | {"version": "../../etc/passwd"}))


DAMAGES = {
    altered: "catalog_broken",
    cut: "catalog_broken",
    emptied: "catalog_broken",
    zeroed: "catalog_broken",
    newer: "catalog_broken",
    renamed: "catalog_broken",
    missing: "catalog_broken",
    no_pointer: "catalog_missing",
    damaged_pointer: "catalog_broken",
    odd_pointer: "catalog_broken",
}
"""By damage to a publication: what answers say of it."""


def check_it_is_said(server: Server, named: str) -> None:
    """Health, metrics and one ERROR in the log name what is wrong with the catalog."""
    health = server.call("GET", "/api/health")
    assert health.status_code == 200
    assert health.json()["status"] == "degraded"
    assert health.json()["dependencies"]["shelf"] == named
    assert f'earshot_degraded_total{{what="{named}"}}' in server.call("GET", "/api/metrics").text
    (line,) = [one for one in server.log_lines if one.get("cause") == named]
    assert line["severity"] == "ERROR"
    assert line["reason"]


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
        good = published(shelf, 402 + 2 * number)  # and nobody repairs anything first
        until(lambda served=(good.version, []): seen(server) == served)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_process_that_starts_on_a_broken_publication_serves_the_newest_sound_catalog(
    start_server: Start, shelf: Path, damage: Callable[[Path, Path], None]
) -> None:
    named = DAMAGES[damage]
    good, bad = published(shelf, 400), published(shelf, 401)
    damage(shelf / "snapshots" / bad.version, shelf)
    server = start_server(CATALOG_REFRESH_S="0")
    newest = bad if damage in {no_pointer, damaged_pointer, odd_pointer} else good
    assert seen(server) == (newest.version, [named])
    check_it_is_said(server, named)
    better = published(shelf, 402)
    until(lambda: seen(server) == (better.version, []))


def test_a_process_that_starts_where_no_catalog_is_sound_waits_for_one(
    start_server: Start, shelf: Path
) -> None:
    altered(shelf / "snapshots" / published(shelf, 400).version, shelf)
    server = start_server()
    problem(server.call("POST", "/api/sessions/create", {}), 503)
    good = published(shelf, 401)
    assert seen(server) == (good.version, [])


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


def test_the_catalog_in_memory_outlives_its_shelf(start_server: Start, shelf: Path) -> None:
    catalog = published(shelf, 400)
    server = start_server(CATALOG_REFRESH_S="0")
    session = server.create(limit=1)
    shutil.rmtree(shelf)
    until(lambda: seen(server) == (catalog.version, ["catalog_missing"]))
    assert len(server.queue(session)) == session["total_in_queue"]
    assert server.call("GET", "/api/episodes/episode-1").status_code == 200
    published(shelf, 400)
    until(lambda: seen(server) == (catalog.version, []))


def test_a_snapshot_that_somebody_replaces_hurts_no_session_that_is_served_from_it(
    start_server: Start, tmp_path: Path
) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(100)))
    server = start_server(CATALOG_REFRESH_S="0")
    before = server.create()["episodes"]
    (stored,) = (tmp_path / "shelf" / "snapshots").iterdir()
    assert not stored.stat().st_mode & 0o222, "written in place, it would change for its readers"
    overwrite(stored, bytes(1000))
    assert server.create()["episodes"] == before
    assert server.alive
