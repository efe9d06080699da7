"""Serving: functions as Cloud Functions runs them, in processes that can be track."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from benchmarks.harness.measurement import memory_mb, processor_s
from emulators.firestore import FirestoreEmulator, new_project
from emulators.process import free_port

ROOT = Path(__file__).parents[2]
START_S = 60.0
STOP_S = 10.0
LOOK_S = 0.001
UNLIMITED = {"CONCURRENCY": "0"} | dict.fromkeys(
    ("LIMIT_ADDRESS", "LIMIT_ANONYMOUS", "LIMIT_SESSIONS", "LIMIT_WRITES"), "off"
)
"""one client asks more than any listener would"""


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """Google's clients made inside find their emulators."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def firestore(functions: str | None = None) -> Iterator[dict[str, str]]:
    """An emulator and a project; the settings of a function that works on it, here in force, too.

    Events go to `functions`, host:port. Raises `MissingError`.
    """
    emulator = FirestoreEmulator(functions_emulator=functions)
    try:
        emulator.start()
        project = new_project()
        google = {"FIRESTORE_EMULATOR_HOST": emulator.host, "GOOGLE_CLOUD_PROJECT": project}
        with environment(**google):
            yield google | {"STORE": "firestore", "FIREBASE_PROJECT": project}
    finally:
        emulator.stop()


class FunctionProcess:
    """A function under functions-framework. It logs to a file: reading a pipe would take time."""

    def __init__(
        self, settings: dict[str, str], target: str = "create_session", source: Path | None = None
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._settings = settings
        command = [sys.executable, "-m", "functions_framework", "--target", target]
        command += ["--source", str(source or ROOT / "main.py")]
        self._command = [*command, "--host", "127.0.0.1", "--port", str(self.port)]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it, and wait until it accepts connections."""
        self._log = tempfile.TemporaryFile()  # closed by __exit__
        # Whatever becomes of this process, the function ends with it, where the system can.
        ending = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        self.began_s = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603  # ourselves
            [*ending, *self._command],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                **UNLIMITED,
                **self._settings,
            },
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End it and all that it started."""
        if self._process is not None:
            for number in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(self._process.pid, number)
                    self._process.wait(STOP_S)
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    continue
            self._process = None
        self._log.close()

    @property
    def group(self) -> int:
        """Its process group: the server and its worker."""
        assert self._process is not None  # noqa: S101  # for the type checker
        return self._process.pid

    @property
    def processor_s(self) -> float:
        """Seconds of processor that it has used up to now."""
        return processor_s(self.group)

    @property
    def memory_mb(self) -> float:
        """What it holds now."""
        return memory_mb(self.group)

    @property
    def log_bytes(self) -> int:
        """How much it has written up to now."""
        return os.fstat(self._log.fileno()).st_size

    @property
    def output(self) -> str:
        """All that it wrote."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def _wait(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self._process is not None  # noqa: S101  # for the type checker
            if self._process.poll() is not None:
                raise RuntimeError(f"the function ended at once:\n{self.output}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(LOOK_S)
            else:
                return
        raise RuntimeError(f"nobody listens after {START_S} s:\n{self.output}")
