"""Runs functions as Cloud Functions does, in processes whose time and memory can be measured."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self
from unittest.mock import patch

from benchmarks.harness.measurement import memory_mb, processor_s
from emulators.firestore import FirestoreEmulator, new_project
from emulators.process import free_port

ROOT = Path(__file__).parents[2]
START_S = 60.0
STOP_S = 10.0
LOOK_S = 0.001
UNLIMITED = {"CONCURRENCY": "0"} | dict.fromkeys(
    ("LIMIT_ADDRESS", "LIMIT_ANONYMOUS", "LIMIT_ASKS", "LIMIT_SESSIONS", "LIMIT_WRITES"), "off"
)
"""settings without limits, since one client sends more than any user"""


@contextmanager
def firestore(functions: str | None = None) -> Iterator[dict[str, str]]:
    """Yield the settings of a function that uses a new project of the Firestore emulator.

    Starts an emulator unless FIRESTORE_EMULATOR_HOST names one, or events are wanted.

    The variables of Google's clients are set in this process as well. The emulator sends events
    to `functions` (host:port).

    Raises:
        MissingError: Java or the emulator is not installed.
    """
    with ExitStack() as stack:
        host = os.environ.get("FIRESTORE_EMULATOR_HOST") if functions is None else None
        if host is None:
            emulator = FirestoreEmulator(functions_emulator=functions)
            stack.callback(emulator.stop)
            host = emulator.start().host
        project = new_project()
        google = {"FIRESTORE_EMULATOR_HOST": host, "GOOGLE_CLOUD_PROJECT": project}
        stack.enter_context(patch.dict(os.environ, google))
        yield google | {"STORE": "firestore", "FIREBASE_PROJECT": project}


class MeasuredFunction:
    """A function in a functions-framework process, whose log goes to a temporary file."""

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
        """Start the process and wait until it accepts connections."""
        self._log = tempfile.TemporaryFile()  # closed by __exit__
        # The function ends with this process, however that ends, if the system supports it.
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
        """End the process and all that it started."""
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
        """Id of the process group: the server and its worker."""
        assert self._process is not None  # noqa: S101  # for the type checker
        return self._process.pid

    @property
    def processor_s(self) -> float:
        """Processor seconds used so far."""
        return processor_s(self.group)

    @property
    def memory_mb(self) -> float:
        """Memory held now, megabytes; shared pages count once."""
        return memory_mb(self.group)

    @property
    def log_bytes(self) -> int:
        """Bytes written to the log so far."""
        return os.fstat(self._log.fileno()).st_size

    @property
    def output(self) -> str:
        """The whole log."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def _wait(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self._process is not None  # noqa: S101  # for the type checker
            if self._process.poll() is not None:
                raise RuntimeError(f"the function ended while it started:\n{self.output}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(LOOK_S)
            else:
                return
        raise RuntimeError(f"the function accepts no connection after {START_S} s:\n{self.output}")
