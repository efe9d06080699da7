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

import pytest

from emulators.process import free_port
from tests.support.server import ROOT, until

START_S = 90
PORTS = ("port", "firestore_port", "storage_port")
WHOLE = ("-m", "emulators")
"""the command with all its parts, which tests/process/test_adopt.py runs"""
SMALL = (
    "-c",
    """
import signal, sys
from emulators import __main__, stack
from emulators.process import ChildProcess

def start(self):
    self.environment |= {"PINECONE_HOST": "", "MODEL_URL": ""}
    self._ports.check()
    self._begin(ChildProcess("sleep", ["sleep", "600"], end_with=signal.SIGKILL))
    self._begin(self._function("create_session", self._ports.page, AUTH="demo", **LOCAL))

LOCAL = {"SHELF": "/nowhere", "STORE": "/nowhere"}
stack.Stack.start = start
sys.exit(__main__.main())
""",
)
"""the command with two parts in place of all: one that is killed at the end, and a function"""


class Command:
    """The command, and all processes that it started."""

    def __init__(self, log: Path, arguments: list[str], path: str) -> None:
        self._log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**os.environ, "PATH": path},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.pids: dict[int, str] = {}
        """command lines of its descendants"""

    @property
    def output(self) -> str:
        return self._log.read_text()

    def ready(self) -> str:
        """Waits until it prints the address of the page, and returns that."""
        pattern = re.compile(r"Earshot is at (http://localhost:\d+)/")
        until(lambda: pattern.search(self.output) or self.process.poll() is not None, START_S)
        found = pattern.search(self.output)
        assert found, self.output
        self.pids = descendants(self.process.pid)
        return found[1]

    def left(self) -> list[str]:
        """The command lines of descendants that still run."""
        return [command for pid, command in self.pids.items() if processes().get(pid)]


def processes() -> dict[int, tuple[int, str]]:
    """The parent and the command line of each process that has not ended."""
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


Start = Callable[..., Command]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Command] = []

    def begin(
        program: tuple[str, ...] = WHOLE, path: str = os.environ["PATH"], **ports: int
    ) -> Command:
        ports = {name: free_port() for name in PORTS} | ports
        options = [f"--{name.replace('_', '-')}={port}" for name, port in ports.items()]
        started.append(Command(tmp_path / "output", [*program, *options], path))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.process.send_signal(signal.SIGTERM)
            one.process.wait(30)


def test_when_one_part_dies_the_whole_ends_and_says_so(start: Start) -> None:
    running = start(SMALL)
    running.ready()
    os.kill(next(pid for pid, one in running.pids.items() if one.startswith("sleep")), 9)
    assert running.process.wait(30) == 1
    assert "sleep has ended (exit status -9)" in running.output
    assert running.left() == []


def test_ctrl_c_ends_everything_without_a_trace(start: Start) -> None:
    running = start(SMALL)
    running.ready()
    assert len(running.pids) >= 3, "sleep, and a function with a worker"
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(30) == 0, running.output
    assert running.left() == []
    assert "Traceback" not in running.output


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv (util-linux)")
def test_if_the_command_is_killed_its_parts_end_too(start: Start) -> None:
    running = start(SMALL)
    running.ready()
    running.process.kill()
    running.process.wait(30)
    until(lambda: not running.left(), 30)


def test_a_port_that_is_in_use_is_named_in_one_line(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        started = start(firestore_port=taken.getsockname()[1])
        assert started.process.wait(30) == 1
    last = started.output.splitlines()[-1]
    assert "address already in use; choose another with --firestore-port" in last
    assert "Traceback" not in started.output


@pytest.mark.parametrize(("there", "missing"), [([], "java"), (["java"], "gcloud")])
def test_a_missing_program_is_named_in_one_line(
    start: Start, tmp_path: Path, there: list[str], missing: str
) -> None:
    for name in there:
        (tmp_path / name).symlink_to("/bin/true")
    started = start(path=str(tmp_path))
    assert started.process.wait(30) == 1
    last = started.output.splitlines()[-1]
    assert last.startswith(f"{missing} is missing"), started.output
    assert "install" in last
    assert "Traceback" not in started.output
