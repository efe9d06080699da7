"""Runs `python -m operations.reconcile`, or one like it, in this process or one of its own."""

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import msgspec

from operations.reconcile import __main__ as reconcile

ROOT = Path(__file__).resolve().parents[2]


class Reconcile:
    """The command with fixed settings."""

    def __init__(self, folder: Path, module: ModuleType = reconcile, **settings: str) -> None:
        self.json = folder / "report.jsonl"
        self._main = module.main
        self._command = [sys.executable, "-m", module.__name__.removesuffix(".__main__")]
        self._environment = {"PATH": os.environ["PATH"], **settings}

    def run(self, *arguments: Any) -> subprocess.CompletedProcess[str]:
        """Run the command in this process, which spares the time of starting one."""
        out, err = io.StringIO(), io.StringIO()
        with (
            patch.dict(os.environ, self._environment, clear=True),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            code = self._main([*map(str, arguments)])
        return subprocess.CompletedProcess([], code, out.getvalue(), err.getvalue())

    def report(
        self, *arguments: Any, code: int = 0
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
        """Run the command, check its exit code, and return totals, and drift and errors by user."""
        done = self.run("--json", self.json, *arguments)
        assert done.returncode == code, done.stdout + done.stderr
        *findings, last = map(msgspec.json.decode, self.json.read_bytes().splitlines())
        drift = {one["user"]: one["drift"] for one in findings if "drift" in one}
        errors = {one["user"]: one["error"] for one in findings if "error" in one}
        assert len(drift) + len(errors) == len(findings)
        return last["totals"], drift, errors

    def start(self, *arguments: Any) -> subprocess.Popen[str]:
        """Start the command in a process of its own."""
        command = [*self._command, *map(str, arguments)]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
