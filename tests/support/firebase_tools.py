"""firebase-tools itself, asked for what it answers without an account and without the network."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.install_cache import cached_install

VERSION = "15.34.2"
INSTALL = (
    *("npm", "install", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"),
    *("--no-save", "--loglevel=error"),
)


@cache
def firebase_tools() -> Path:
    """The folder of firebase-tools. In CI it is installed, once: a minute or more, and 220 MB."""

    def install(folder: Path) -> None:
        if shutil.which("npm") is None or os.environ.get("CI") != "true":
            pytest.skip("no firebase-tools; with CI=true the tests install it")
        subprocess.run([*INSTALL, f"--prefix={folder}", f"firebase-tools@{VERSION}"], check=True)

    return cached_install("firebase-tools", VERSION, install) / "node_modules" / "firebase-tools"


def asked(module: str, expression: str, given: Any) -> list[str]:
    """What an expression over `given` and a `module` of firebase-tools says."""
    place = json.dumps(str(firebase_tools() / "lib" / module))
    script = (
        f"const module = require({place}), given = {json.dumps(given)};"
        f"console.log(JSON.stringify({expression}))"
    )
    done = subprocess.run(
        ["node", "-"], input=f"{{{script}}}", check=True, capture_output=True, text=True
    )
    answer: list[str] = json.loads(done.stdout)
    return answer


_UNKNOWN = """
given.flatMap(([name, ...words]) => {
    const command = module.getCommand(name);
    if (!command) return [name];
    const known = [...command.options, ...module.cli.options].map((option) => option.long);
    const flags = words.filter((word) => word.startsWith("--")).map((word) => word.split("=")[0]);
    return flags.filter((flag) => !known.includes(flag)).map((flag) => `${name} ${flag}`);
})
"""


def unknown_to_firebase(calls: Sequence[Sequence[str]]) -> list[str]:
    """The commands and options, of calls without the word `firebase`, that it does not have."""
    return asked("index", _UNKNOWN, calls)
