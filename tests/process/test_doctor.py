"""`python -m operations.doctor`, on projects that are well and on projects that are not."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import pytest

from adapters.gcs.shelf import GcsShelf
from catalog_builder.publish.publisher import publish
from emulators.firestore import FirestoreEmulator
from emulators.process import free_port
from emulators.storage.server import StorageEmulator
from feed.catalog.catalog import Catalog
from operations.doctor.__main__ import main
from operations.doctor.finding import CHECKS
from tests.support.catalogs import catalog_of, episodes, publish_to
from tests.support.server import ROOT, Server

Findings = dict[str, dict[str, Any]]
Start = Callable[..., Server]

KEY = "a key for tests that is long enough"


@pytest.fixture
def look(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Findings]]:
    """Runs the doctor with these settings alone; returns its exit code, and its findings by check.

    In this process: a new one would spend half a second on imports, thirty times.
    """

    def look(*arguments: str, **settings: str) -> tuple[int, Findings]:
        given = {"SHELF": str(tmp_path / "shelf"), "STORE": str(tmp_path / "users.db"), **settings}
        with patch.dict(os.environ, {"PATH": os.environ["PATH"], **given}, clear=True):
            code = main(["--json", *arguments])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        assert KEY not in printed.out + printed.err
        found = [msgspec.json.decode(line) for line in printed.out.splitlines()]
        return code, {one["check"]: one for one in found}

    return look


Look = Callable[..., tuple[int, Findings]]


def now() -> datetime:
    return datetime.now(UTC)


def statuses(findings: Findings) -> dict[str, str]:
    return {name: one.get("status", "ok") for name, one in findings.items()}


def only(found: tuple[int, Findings], status: str) -> dict[str, Any]:
    """The one finding of this status, which says what would help; a failure ends with code 1."""
    code, findings = found
    (one,) = [one for one in findings.values() if one.get("status", "ok") == status]
    assert one["remedy"]
    assert code == (status == "fail")
    return one


@pytest.fixture
def published(tmp_path: Path) -> Catalog:
    """A catalog of 60 episodes, published now."""
    return publish_to(tmp_path / "shelf", catalog_of(episodes(60), now=now()))


def test_a_local_project_that_is_well(look: Look, tmp_path: Path) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(200), now=now()))
    code, findings = look("--write")
    assert code == 0
    assert set(statuses(findings).values()) == {"ok"}
    assert findings.keys() <= CHECKS.keys()
    assert "200 episodes" in findings["snapshot"]["detail"]


@pytest.mark.usefixtures("published")
def test_looking_leaves_nothing_behind(look: Look, tmp_path: Path) -> None:
    look()
    assert not (tmp_path / "users.db").exists()


def test_an_empty_shelf(look: Look) -> None:
    finding = only(look(), "fail")
    assert finding["check"] == "shelf"
    assert "nothing is published" in finding["detail"]


@pytest.mark.parametrize("damage", ["flip", "cut", "longer", "gone"])
def test_a_damaged_snapshot(look: Look, tmp_path: Path, published: Catalog, damage: str) -> None:
    path = tmp_path / "shelf/snapshots" / published.version
    data = path.read_bytes()
    path.unlink()
    if damage != "gone":
        damaged = {"cut": data[:-9], "longer": data + b"?", "flip": data[:-9] + b"?" + data[-8:]}
        path.write_bytes(damaged[damage])
    finding = only(look(), "fail")
    assert finding["check"] == "snapshot"
    assert "rollback" in finding["remedy"]


@pytest.mark.usefixtures("published")
def test_a_damaged_pointer_is_mended_by_what_the_doctor_says(look: Look, tmp_path: Path) -> None:
    (tmp_path / "shelf/current.json").write_text("{")
    finding = only(look(), "fail")
    assert finding["check"] == "shelf"
    words = finding["remedy"].split()
    done = subprocess.run([sys.executable, *words[1:]], cwd=ROOT, check=True, capture_output=True)
    assert b"now current" in done.stdout
    assert look()[0] == 0


def test_an_old_catalog_and_one_of_few_vectors_are_warned_of(look: Look, tmp_path: Path) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(60), now=now() - timedelta(hours=30)))
    assert only(look(), "warn")["check"] == "age"
    assert statuses(look("--max-age-hours", "31")[1])["age"] == "ok"
    assert only(look(CATALOG_MAX_AGE_S="3600"), "fail")["check"] == "age"


@pytest.mark.usefixtures("published")
def test_a_snapshot_that_does_not_fit_twice(look: Look) -> None:
    assert only(look(MEMORY_LIMIT_MB="128"), "fail")["check"] == "memory"


@pytest.mark.parametrize(
    "settings", [{"AUTH": "everybody"}, {"AUTH": "firebase"}, {"SCENARIO": "nothing"}]
)
def test_settings_that_cannot_be_used(look: Look, settings: dict[str, str]) -> None:
    code, findings = look(**settings)
    assert code == 1
    assert list(findings) == ["settings"]
    assert next(iter(settings)) in findings["settings"]["detail"] or settings == {
        "AUTH": "firebase"
    }


@pytest.mark.usefixtures("published")
def test_a_project_half_set_for_the_cloud_is_warned_of(look: Look) -> None:
    _, findings = look(CURSOR_KEYS=KEY)
    assert "STORE=firestore, SHELF=gs://BUCKET, AUTH=firebase" in findings["cloud"]["detail"]


@pytest.mark.usefixtures("published")
def test_keys_that_cannot_be_had(look: Look) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    proxies = {"HTTPS_PROXY": nowhere, "https_proxy": nowhere}
    found = look(AUTH="firebase", FIREBASE_PROJECT="p", CURSOR_KEYS=KEY, **proxies)
    assert only(found, "fail")["check"] == "identity"


def test_an_emulated_project(
    look: Look,
    firestore_emulator: FirestoreEmulator,
    firestore_project: str,
    storage: StorageEmulator,
) -> None:
    bucket = storage.make_bucket(f"b-{firestore_project}")
    publish(GcsShelf(bucket), catalog_of(episodes(60), now=now()), force=True)
    settings = {
        "STORE": "firestore",
        "SHELF": f"gs://{bucket}",
        "FIREBASE_PROJECT": firestore_project,
        "GOOGLE_CLOUD_PROJECT": firestore_project,
        "FIRESTORE_EMULATOR_HOST": firestore_emulator.host,
        "STORAGE_EMULATOR_HOST": storage.url,
    }
    code, findings = look("--write", **settings)
    assert (code, set(statuses(findings).values())) == (0, {"ok"})
    assert firestore_emulator.read(firestore_project, "users/earshot-doctor") is None
    path = "users/earshot-doctor/engagements/earshot-doctor"
    assert firestore_emulator.read(firestore_project, path) is None
    gone = {**settings, "FIRESTORE_EMULATOR_HOST": f"127.0.0.1:{free_port()}"}
    assert only(look(**gone), "fail")["check"] == "store"
    assert only(look(**{**settings, "SHELF": "gs://nowhere-at-all"}), "fail")["check"] == "shelf"


def test_a_function_that_answers(look: Look, start_server: Start, tmp_path: Path) -> None:
    some = [msgspec.structs.replace(one, published_at=now()) for one in episodes(400)]
    publish_to(tmp_path / "shelf", catalog_of(some, now=now()))
    url = start_server(NOW="").url
    code, findings = look("--url", f"{url}/")
    assert (code, set(statuses(findings).values())) == (0, {"ok"})
    assert "total;dur=" in findings["session"]["detail"]


def test_a_function_without_a_catalog_and_no_function_at_all_fail(
    look: Look, start_server: Start
) -> None:
    _, findings = look("--url", start_server().url)
    assert (statuses(findings)["api"], statuses(findings)["session"]) == ("fail", "fail")
    _, findings = look("--url", f"http://127.0.0.1:{free_port()}")
    assert statuses(findings)["api"] == "fail"
    assert "session" not in findings


def test_a_builder_that_answers_strangers(look: Look, start_server: Start) -> None:
    code, findings = look("--publish-url", start_server().url)
    assert code == 1
    assert "remove-iam-policy-binding" in findings["private"]["remedy"]


def test_without_json_each_check_is_a_line_and_its_remedy_another(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "operations.doctor"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SHELF": str(tmp_path), "STORE": str(tmp_path / "u.db")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert re.search(r"^fail shelf     .*\n {15}→ publish", done.stdout, re.MULTILINE)


def test_every_check_is_documented() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    rows = dict(re.findall(r"^\| `([a-z]+)` \| ([^|]+?) \|$", text, re.MULTILINE))
    assert {name: rows.get(name) for name in CHECKS} == CHECKS
