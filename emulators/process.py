"""Runs programs as child processes, and ends them together with all processes that they start."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import httpx

SOURCE = Path(__file__).parents[1] / "main.py"
START_S = 60
STOP_S = 5
TAIL = 20
"""Last lines of output that an error shows."""


class MissingError(Exception):
    """A program or a port is missing on this machine. The message says what to do."""


class StartError(Exception):
    """A program ended while it started, or never answered. The message shows its last output."""


class ChildProcess:
    """A program in its own process group.

    Where the system has `setpriv`, the program ends when this process ends, even if that is killed.
    It runs in `folder`, by default the current one. `show` is called with each line of its output,
    in a thread. `end_with` is the signal that ends it.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        folder: Path | None = None,
        show: Callable[[str], None] = lambda _line: None,
        end_with: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._folder = folder
        self._show = show
        self._end_with = end_with
        self._tail: deque[str] = deque(maxlen=TAIL)
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Starts the program, which ends with the thread that calls this: the main one."""
        command = self._command
        if shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", self._end_with.name[3:], *command]
        self._process = subprocess.Popen(
            command,
            env=self._environment,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        return self

    def wait_for(self, url: str) -> None:
        """Waits until the program answers at `url`, with any status. Raises `StartError`."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if not self.alive:
                raise StartError(self.exit_report())
            with suppress(httpx.TransportError):
                httpx.get(url, timeout=START_S)
                return
            time.sleep(0.05)
        raise StartError(f"{self.name} did not answer in {START_S} s\n{self._output()}")

    @property
    def alive(self) -> bool:
        """Whether the program is running."""
        return self._process is not None and self._process.poll() is None

    @property
    def group(self) -> int:
        """Id of the process group, while the program is running."""
        assert self._process is not None  # noqa: S101  # for the type checker
        return self._process.pid

    def exit_report(self) -> str:
        """Returns the program's exit status and its last lines of output."""
        status = self._process.poll() if self._process else None
        return f"{self.name} has ended (exit status {status})\n{self._output()}".rstrip()

    def signal(self, number: int) -> None:
        """Sends a signal to the program and all processes that it started."""
        if self._process is not None:
            with suppress(ProcessLookupError):  # all processes of the group have ended
                os.killpg(self._process.pid, number)

    def stop(self) -> None:
        """Ends the program and all processes that it started; kills them after `STOP_S`."""
        if self._process is None:
            return
        for number in (self._end_with, signal.SIGKILL):
            self.signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_S)
        self._reader.join(STOP_S)
        self._process = None

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # noqa: S101  # for the type checker
        with process.stdout as lines:
            for line in lines:
                self._tail.append(line.rstrip())
                self._show(line.rstrip())

    def _output(self) -> str:
        if not self.alive:
            self._reader.join(1)  # with a limit: a process that it started may still hold the pipe
        return "\n".join(self._tail)


class FunctionProcess(ChildProcess):
    """A function in a process of functions-framework, as Cloud Functions runs it."""

    def __init__(
        self,
        target: str,
        port: int,
        environment: Mapping[str, str],
        show: Callable[[str], None] = lambda _line: None,
    ) -> None:
        """`show` is called with each line that the function logs, after its name."""
        command = [sys.executable, "-m", "functions_framework", "--target", target]
        command += ["--source", str(SOURCE), "--host", "localhost", "--port", str(port)]
        super().__init__(target, command, environment, show=lambda line: show(f"{target} | {line}"))
        self.url = f"http://localhost:{port}"

    def start(self) -> Self:
        """Starts the function and waits until it answers."""
        super().start()
        self.wait_for(self.url)
        return self


def free_port() -> int:
    """Returns a port of 127.0.0.1 that is not in use."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
