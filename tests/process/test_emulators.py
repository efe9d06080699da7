"""`python -m emulators`: the feed on emulated Firebase, which leaves nothing behind."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulators.firestore import emulator_jar
from emulators.process import MissingError, free_port
from tests.support.server import ROOT, until

START_S = 90
PORTS = ("port", "firestore_port", "storage_port")


class Started:
    """The command, and all that it started."""

    def __init__(self, log: Path, options: list[str], path: str) -> None:
        self._log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "emulators", *options],
                cwd=ROOT,
                env={**os.environ, "PATH": path},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.pids: dict[int, str] = {}
        """its descendants, and what they run"""

    @property
    def output(self) -> str:
        return self._log.read_text()

    def ready(self) -> str:
        """Wait until it says where the page is."""
        pattern = re.compile(r"Earshot is at (http://localhost:\d+)/")
        until(lambda: pattern.search(self.output) or self.process.poll() is not None, START_S)
        found = pattern.search(self.output)
        assert found, self.output
        self.pids = descendants(self.process.pid)
        return found[1]

    def one(self, words: str) -> int:
        """The first process started whose command has these words."""
        return min(pid for pid, command in self.pids.items() if words in command)

    def left(self) -> list[str]:
        return [command for pid, command in self.pids.items() if processes().get(pid)]


def processes() -> dict[int, tuple[int, str]]:
    """Of each process that has not ended: who started it, and what it runs."""
    command = ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="]
    table = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = [line.split(None, 3) for line in table.splitlines()]
    return {int(pid): (int(by), args) for pid, by, stat, args in rows if not stat.startswith("Z")}


def descendants(pid: int) -> dict[int, str]:
    found: dict[int, str] = {}
    for child, (parent, command) in processes().items():
        if parent == pid:
            found |= {child: command} | descendants(child)
    return found


Start = Callable[..., Started]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Started] = []

    def begin(path: str = os.environ["PATH"], **ports: int) -> Started:
        ports = {name: free_port() for name in PORTS} | ports
        given = [f"--{name.replace('_', '-')}={port}" for name, port in ports.items()]
        started.append(Started(tmp_path / "output", given, path))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.process.send_signal(signal.SIGTERM)
            one.process.wait(30)


@pytest.fixture
def running(start: Start) -> Started:
    try:
        emulator_jar()
    except MissingError as missing:
        pytest.skip(str(missing))
    return start()


def test_the_whole_feed_runs_and_ends_without_a_trace(running: Started) -> None:
    page = running.ready()
    assert "Earshot" in httpx.get(page).text
    ada = {"X-Demo-User": "ada"}

    def session() -> dict[str, Any]:
        answer = httpx.post(f"{page}/api/sessions/create", json={"limit": 20}, headers=ada)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    liked = session()["episodes"][0]["id"]
    engagement = {"episode_id": liked, "type": "bookmark"}
    sent = httpx.post(f"{page}/api/me/engagements", json=engagement, headers=ada)
    assert sent.status_code == 201, sent.text
    after = until(lambda: (s := session())["user_vector_episodes"] and s)
    assert liked not in [one["id"] for one in after["episodes"]]
    assert len(running.pids) >= 5, "java, and two functions with a worker each"

    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(30) == 0, running.output
    assert running.left() == []
    assert "Traceback" not in running.output


def test_when_one_part_dies_it_is_named_and_all_end(running: Started) -> None:
    running.ready()
    os.kill(running.one("update_summary"), signal.SIGKILL)
    assert running.process.wait(30) == 1
    assert "update_summary has ended (exit status -9)" in running.output
    assert running.left() == []


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv (util-linux)")
def test_where_it_is_killed_itself_nothing_stays_behind(running: Started) -> None:
    running.ready()
    running.process.kill()
    running.process.wait(30)
    until(lambda: not running.left(), 30)


def test_a_port_that_is_taken_is_said_in_one_line(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        started = start(firestore_port=taken.getsockname()[1])
        assert started.process.wait(30) == 1
    said = started.output.splitlines()[-1]
    assert "address already in use; choose another with --firestore-port" in said
    assert "Traceback" not in started.output


@pytest.mark.parametrize("there", [[], ["java"]])
def test_what_is_missing_is_said_in_one_line(
    start: Start, tmp_path: Path, there: list[str]
) -> None:
    for name in there:
        (tmp_path / name).symlink_to("/bin/true")
    started = start(path=str(tmp_path))
    assert started.process.wait(30) == 1
    said = started.output.splitlines()[-1]
    assert said.startswith("gcloud is missing" if there else "java is missing"), started.output
    assert "install" in said
    assert "Traceback" not in started.output
