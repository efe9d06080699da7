"""The Lab's modules keep the types that their comments state."""

import shutil
import subprocess

import pytest

from tests.support.server import ROOT

COMPILER = "typescript@5.9.3"


@pytest.mark.skipif(shutil.which("npx") is None, reason="no npx to get TypeScript with")
def test_the_modules_of_the_lab_are_well_typed() -> None:
    done = subprocess.run(
        ["npx", "--yes", "--package", COMPILER, "tsc", "-p", "web/lab/jsconfig.json"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
