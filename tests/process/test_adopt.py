"""docs/adopt.md, followed command by command on emulators, for an app that is unlike Earshot."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulators.firestore import OWNER, emulator_jar
from emulators.process import MissingError, free_port
from tests.support.rules import Database, verdicts
from tests.support.server import ROOT, until

GUIDE = (ROOT / "docs" / "adopt.md").read_text()
APP, NARROWED = (ROOT / "examples" / "adopt" / f"{name}.rules" for name in ("app", "narrowed"))
PORTS = {"8080": "--port", "8085": "--firestore-port", "9199": "--storage-port"}
PLACES = (
    *("shows/1", "shows/1/items/1", "shows/1/items/1/notes/1", "listens/1", "other/1"),
    *("users/alice", "users/alice/favorites/1", "users/alice/a/1/b/1", "users/bob/earshots/1"),
)
EARSHOTS = re.compile(r"users/[^/]+/(earshot|engagements)/[^/]+")


class Guide:
    """Runs the blocks of the guide, each with the variables of the one before, on free ports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "CATALOG_REFRESH_S": "0",
        }
        self.ports = {port: str(free_port()) for port in PORTS}

    def block(self, start: str) -> str:
        """The first block of shell with a line that begins so, as it is run here."""
        blocks = re.findall(r"^```sh\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
        text = next(one for one in blocks if re.search(f"^{re.escape(start)}", one, re.MULTILINE))
        text = text.replace(". .venv/bin/activate\n", "").replace(".earshot/", f"{self.folder}/")
        return re.sub(r"\b(8080|8085|9199)\b", lambda port: self.ports[port[0]], text)

    def run(self, start: str, code: int = 0) -> str:
        """Runs a block and returns its output; the next one has its variables."""
        after = self.folder / "environment"
        done = subprocess.run(
            ["bash", "-ec", f"trap 'env -0 > {after}' EXIT\n{self.block(start)}"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout
        found = after.read_text().rstrip("\0").split("\0")
        self.environment = dict(one.partition("=")[::2] for one in found)
        return done.stdout

    def start(self, start: str) -> subprocess.Popen[bytes]:
        """Starts the emulators in the background, and waits until they serve."""
        options = " ".join(f"{name}={self.ports[port]}" for port, name in PORTS.items())
        command = self.block(start).replace(" -- ", f" {options} -- ")
        log = self.folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        until(lambda: "Earshot is at" in log.read_text() or process.poll() is not None, 90)
        assert process.poll() is None, log.read_text()
        return process

    def session(self, limit: int = 50, user: str = "person-3") -> dict[str, Any]:
        found: dict[str, Any] = httpx.post(
            f"http://localhost:{self.ports['8080']}/api/sessions/create",
            json={"limit": limit},
            headers={"X-Demo-User": user},
        ).json()
        return found

    def documents(self) -> dict[str, Any]:
        """Every document of the app, by path, with its fields and times."""
        url = f"http://127.0.0.1:{self.ports['8085']}/v1/projects/demo-earshot/databases/(default)"
        query = {"structuredQuery": {"from": [{"allDescendants": True}]}}
        answer = httpx.post(f"{url}/documents:runQuery", json=query, headers=OWNER)
        rows = [one["document"] for one in answer.raise_for_status().json()]
        found = {one["name"].partition("/documents/")[2]: one for one in rows}
        return {path: one for path, one in found.items() if not EARSHOTS.fullmatch(path)}


@pytest.fixture
def guide(tmp_path: Path) -> Guide:
    try:
        emulator_jar()
    except MissingError as missing:
        pytest.skip(str(missing))
    if shutil.which("curl") is None:
        pytest.skip("no curl")
    return Guide(tmp_path)


def test_an_app_gets_a_feed_by_the_guide_and_stays_as_it_was(guide: Guide) -> None:
    said = guide.run("python -m adapters.firestore.schema")
    assert "trigger\tfrom-listens\tlistens/{id}" in said
    refused = guide.run("python -m deploy.rules --schema=$SCHEMA --live=examples/adopt/app", 1)
    advised = re.search(r"Change it to:\s+(.*);", refused)
    assert advised
    app, narrowed = APP.read_text(), NARROWED.read_text()
    assert narrowed == app.replace("allow read, write: if isMe(uid)", advised[1])
    guide.run("python -m deploy.rules --schema=$SCHEMA --live=examples/adopt/narrowed")
    merged = (guide.folder / "app.rules").read_text()

    emulators = guide.start("python -m emulators")
    try:
        before = guide.documents()
        database = Database(f"127.0.0.1:{guide.ports['8085']}")
        who = {"person": "alice", "state": "live"}
        allowed = verdicts(database, app, PLACES, who)
        assert allowed == verdicts(database, merged, PLACES, who)
        assert {*allowed.values()} == {True, False}

        assert "5 are not understood" in guide.run("python -m operations.doctor")
        assert guide.session()["user_vector_episodes"] == 0
        guide.run("python -m operations.backfill")
        first = json.loads(guide.run("curl -s http://localhost:8080/api/sessions"))
        assert not first["cold_start"]
        assert re.match("interest|because_", first["episodes"][0]["reason"]["key"])

        guide.run("python -m examples.adopt.app listen")
        known = first["user_vector_episodes"]
        until(lambda: guide.session()["user_vector_episodes"] == known + 1)

        guide.run("python -m examples.adopt.app publish")
        until(lambda: "food-1-5" in [one["id"] for one in guide.session(user="a")["episodes"]])

        deleted = json.loads(guide.run("curl -s -X DELETE"))
        assert deleted["deleted"]["summary"]
        assert guide.session()["user_vector_episodes"] == 0

        after = guide.documents()
        assert len(before) > 200
        published = "shows/food-1/items/food-1-5"  # as the app did
        (heard,) = {*after} - {*before}
        assert heard.startswith("listens/")
        assert [path for path in before if before[path] != after.get(path)] == [published]
    finally:
        emulators.send_signal(signal.SIGINT)
        emulators.wait(30)
    guide.run("sed ")
    assert (guide.folder / "without.rules").read_text().split() == narrowed.split()
