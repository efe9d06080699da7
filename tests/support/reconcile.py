"""`python -m operations.reconcile` in a process of its own."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parents[2]


class Reconcile:
    """The command, with these settings."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.json = folder / "report.jsonl"
        self._command = [sys.executable, "-m", "operations.reconcile"]
        self._environment = {"PATH": os.environ["PATH"], **settings}

    def run(self, *arguments: Any) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            [*self._command, *map(str, arguments)],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def report(
        self, *arguments: Any, code: int = 0
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
        """Run it to its end, which must be this one: totals, drift and errors, by user."""
        done = self.run("--json", self.json, *arguments)
        assert done.returncode == code, done.stdout + done.stderr
        *findings, last = map(msgspec.json.decode, self.json.read_bytes().splitlines())
        drift = {one["user"]: one["drift"] for one in findings if "drift" in one}
        errors = {one["user"]: one["error"] for one in findings if "error" in one}
        assert len(drift) + len(errors) == len(findings)
        return last["totals"], drift, errors

    def start(self, *arguments: Any) -> subprocess.Popen[str]:
        """Only start it."""
        return subprocess.Popen(
            [*self._command, *map(str, arguments)],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    async def beside(self, *arguments: Any) -> tuple[int, str]:
        """Run it to its end while others do something: exit code, and all that it said."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            *map(str, arguments),
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()
