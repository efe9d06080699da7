"""The scheduled function: a real process that builds and publishes, on a folder."""

import importlib
import json
import random
import shutil
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.folder.leases import FolderLeases
from adapters.folder.shelf import FolderShelf
from catalog_builder.publish.publisher import verify
from functions import telemetry
from tests.support.catalogs import NOW, catalog_of, fields, publish_to
from tests.support.catalogs import episodes as made
from tests.support.server import Server, problem, until

Start = Callable[..., Server]


def episodes(count: int) -> list[dict[str, Any]]:
    rng = random.Random(0)
    return [fields(number, rng) for number in range(count)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the episodes, the shelf and the store."""
    return tmp_path_factory.mktemp("publisher")


@pytest.fixture(scope="module")
def places(folder: Path) -> dict[str, str]:
    """The settings that name what is in the folder."""
    names = {"EPISODES": "episodes.json", "SHELF": "shelf", "STORE": "users.db"}
    return {setting: str(folder / name) for setting, name in names.items()}


@pytest.fixture
def file(folder: Path) -> Path:
    """A file of 80 episodes, beside a shelf that is empty."""
    shutil.rmtree(folder / "shelf", ignore_errors=True)
    file = folder / "episodes.json"
    file.write_text(json.dumps(episodes(80)))
    return file


@pytest.fixture
def shelf(folder: Path) -> FolderShelf:
    return FolderShelf(folder / "shelf")


@pytest.fixture(scope="module")
def _publisher(start_module_server: Start, places: dict[str, str]) -> Server:
    return start_module_server("publish_catalog", **places)


@pytest.fixture
def publisher(_publisher: Server, file: Path) -> Server:
    """The function, one process for all tests, with the file and the empty shelf."""
    del file  # made anew
    return _publisher


def publish(server: Server, **asked: Any) -> dict[str, Any]:
    answer = server.call("POST", "/", asked or None)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def test_what_was_built_is_published_and_reported(publisher: Server, shelf: FolderShelf) -> None:
    report = publish(publisher)
    catalog = verify(shelf)
    assert report["status"] == "published"
    assert report["version"] == catalog.version
    assert (report["episodes"], report["series"]) == (80, len(catalog.series_ids))
    assert (report["embedded"], report["dimension"]) == (int(catalog.embeddings.present.sum()), 256)
    assert report["seconds"].keys() == {"read", "vectors", "catalog", "texts", "publish", "prune"}
    assert (report["skipped"], report["problems"], report["notes"]) == (0, [], [])
    assert publisher.logged(
        lambda one: (one["message"], one.get("version")) == ("catalog published", catalog.version)
    )
    again = publish(publisher)
    assert again["status"] == "unchanged"
    assert "vectors" not in again["seconds"]  # what did not change is not made again
    assert "vectors" in publish(publisher, full=True)["seconds"]


def test_a_session_finds_what_was_published(
    publisher: Server, start_server: Start, places: dict[str, str]
) -> None:
    feed = start_server(CATALOG_REFRESH_S="0", SHELF=places["SHELF"])
    problem(feed.call("POST", "/api/sessions/create", {}), 503)
    version = publish(publisher)["version"]

    def published() -> bool:
        answer = feed.call("POST", "/api/sessions/create", {})
        return answer.status_code == 200 and answer.json()["catalog_version"] == version

    until(published)


def test_bad_episodes_are_skipped_and_named_and_too_many_refused(
    publisher: Server, file: Path
) -> None:
    file.write_text(json.dumps([*episodes(80), {"id": "x"}, {"id": "y", "title": "Y"}]))
    report = publish(publisher)
    assert (report["episodes"], report["skipped"]) == (80, 2)
    assert [one.split(": ")[0] for one in report["problems"]] == [
        "episodes.json:1[80]",
        "episodes.json:1[81]",
    ]
    file.write_text(json.dumps([*episodes(4), *[{"id": "bad"}] * 5]))
    assert "5 bad episodes" in problem(publisher.call("POST", "/"), 422)["detail"]


def test_a_refusal_by_the_gate_is_not_retried(
    publisher: Server, file: Path, shelf: FolderShelf
) -> None:
    publish(publisher)
    before = shelf.current(9)
    file.write_text(json.dumps(episodes(30)))
    refused = problem(publisher.call("POST", "/"), 422)
    assert refused["type"].endswith(":catalog-refused")
    assert "lost_episodes" in refused["detail"]
    assert shelf.current(9) == before
    assert publish(publisher, force=True)["notes"][0].startswith("forced past lost_episodes")


def test_a_source_that_cannot_be_read_is_retried(publisher: Server, file: Path) -> None:
    file.unlink()
    answer = publisher.call("POST", "/")
    assert problem(answer, 503)["type"].endswith(":source-unavailable")
    assert answer.headers["retry-after"] == "60"
    file.write_text(json.dumps(episodes(80)))
    publish(publisher)


def test_a_build_older_than_what_is_published_is_refused(
    publisher: Server, shelf: FolderShelf, folder: Path
) -> None:
    newer = catalog_of(made(80), now=NOW + timedelta(hours=1))
    publish_to(folder / "shelf", newer)
    assert "older: " in problem(publisher.call("POST", "/"), 422)["detail"]
    assert verify(shelf).version == newer.version


def test_a_build_is_refused_while_another_one_runs(publisher: Server, folder: Path) -> None:
    leases = FolderLeases(folder / "shelf")
    lease = leases.acquire("build", "somebody", 60, NOW.timestamp(), 9)
    running = problem(publisher.call("POST", "/"), 409)
    assert running["type"].endswith(":build-running")
    assert "held by somebody" in running["detail"]
    leases.release(lease, 9)
    publish(publisher)


def test_only_the_newest_snapshots_are_kept_and_the_current_one(
    start_server: Start, file: Path, shelf: FolderShelf, folder: Path, places: dict[str, str]
) -> None:
    del file  # made anew, and the shelf emptied
    for day in range(4):
        publish_to(folder / "shelf", catalog_of(made(80), now=NOW - timedelta(days=9 - day)))
    report = publish(start_server("publish_catalog", **places, KEEP="2"), force=True)
    assert len(report["pruned"]) == 3
    left = [entry.version for entry in shelf.entries(9)]
    assert len(left) == 2
    assert left[-1] == report["version"]


def test_another_method_and_an_invalid_body_are_refused(
    publisher: Server, shelf: FolderShelf
) -> None:
    answer = publisher.call("GET", "/")
    problem(answer, 405)
    assert answer.headers["allow"] == "POST"
    bodies: dict[str, Any] = {"force": {"force": "yes"}, "forced": {"forced": True}, "body": b"[]"}
    for field, body in bodies.items():
        problem(publisher.call("POST", "/", body), 400, field)
    assert shelf.current(9) is None


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, "EPISODES"),
        ({"EPISODES": "e.json", "FEEDS": "https://a.example"}, "not both"),
        ({"EPISODES": "e.json", "MAX_BAD": "a few"}, "MAX_BAD"),
        ({"EPISODES": "e.json", "FIELDS": "nowhere.toml"}, "nowhere.toml"),
        ({"EPISODES": "e.json", "VECTORS": "pinecone", "PINECONE_API_KEY": "k"}, "PINECONE_HOST"),
        ({"EPISODES": "e.json", "VECTORS": "pinecone", "PINECONE_HOST": "h"}, "PINECONE_API_KEY"),
        ({"EPISODES": "firestore", "NOW": NOW.isoformat(), "K_SERVICE": "s"}, "NOW"),
    ],
)
def test_a_setting_that_cannot_be_used_ends_the_start_and_is_named(
    settings: dict[str, str],
    named: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    places = {"SHELF": str(tmp_path / "shelf"), "STORE": str(tmp_path / "users.db")}
    for name, value in {**places, **settings}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(telemetry, "install_log_handler", lambda: None)
    monkeypatch.delitem(sys.modules, "functions.publish_catalog", raising=False)
    with pytest.raises(SystemExit):
        importlib.import_module("functions.publish_catalog")
    written = capsys.readouterr()
    assert "Earshot cannot start: " in written.out + written.err
    assert named in written.out + written.err
