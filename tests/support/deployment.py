"""Runs deploy.sh: dry, or against a fake cloud."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from copy import deepcopy
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_cloud import FakeCloud

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "my-feed"
TOOLS = (
    "bash cat cut dirname env find fold grep head mkdir mktemp openssl rm sed sleep sort tee tr"
    " xargs"
)
"""the programs of a machine that deploy.sh uses, beside gcloud, firebase, curl and python3"""
SOURCES = (
    ".gcloudignore deploy.sh deploy firebase.json firestore.indexes.json firestore.rules main.py"
)
"""what of the repository deploy.sh uses, beside requirements.txt and web/"""
PYTHON = Path(sys.executable).resolve()
needs_gcloud = pytest.mark.skipif(shutil.which("gcloud") is None, reason="no gcloud to ask")


def commands(script: str) -> list[list[str]]:
    """Returns the commands that a run shows, each as its words; a pipe is a word of its own."""
    script = re.sub(r"<<'END'\n.*?\nEND\n", "\n", script, flags=re.DOTALL)
    lines = script.replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line and not line.startswith(("#", "export "))]


def gcloud_commands(found: list[list[str]]) -> list[list[str]]:
    """Returns those of the commands that are gcloud's, also on either side of a pipe."""
    cut = [words[words.index("gcloud") :] for words in found if "gcloud" in words]
    ends = {"|", ">", "<<END"}
    return [list(takewhile(lambda word: word not in ends, words)) for words in cut]


def flag(words: list[str], name: str) -> list[str]:
    """Returns the values of a flag, in the order of the command line."""
    return [w.partition("=")[2] for w in words if w.startswith(f"--{name}=")]


def variables(words: list[str]) -> dict[str, str]:
    """Returns the environment variables that a deployment of a function sets."""
    (given,) = flag(words, "set-env-vars")
    assert given.startswith("^|^")
    return dict(one.partition("=")[::2] for one in given.removeprefix("^|^").split("|"))


def functions(changes: list[str]) -> list[str]:
    """Returns the names of the functions that these changes deploy."""
    return [one.split()[3] for one in changes if " functions deploy " in one]


def dry_run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs deploy.sh --dry-run with no other environment than PATH and what is given."""
    return subprocess.run(
        ["bash", str(ROOT / "deploy.sh"), "--dry-run", *options],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], **environment},
    )


PRICES = "catalog_builder/enrichment/models/prices.toml"


class Account:
    """A copy of the repository's files, a PATH of fake tools, and the state of a project."""

    def __init__(self, folder: Path, *, without: tuple[str, ...] = (), **state: Any) -> None:
        """`without` names tools that the machine lacks, `state` what differs from `EMPTY`."""
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self._cloud = FakeCloud(state)
        self._bin = folder / "bin"
        self._bin.mkdir()
        for tool in {*TOOLS.split()} - {*without}:
            (self._bin / tool).symlink_to(str(shutil.which(tool)))
        self._cloud.install(self._bin, {"gcloud", "firebase", "curl"} - {*without})
        if "python3" not in without:
            (self._bin / "python3").symlink_to(PYTHON)
        self.work = folder / "earshot"
        self.work.mkdir()
        for name in (*SOURCES.split(), "requirements.txt", "web"):
            if (source := ROOT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, self.work / name, ignore=ignored)
            else:
                shutil.copy(source, self.work)
        (self.work / PRICES).parent.mkdir(parents=True)
        shutil.copy(ROOT / PRICES, self.work / PRICES)

    @property
    def state(self) -> dict[str, Any]:
        """A copy of the project's state."""
        return deepcopy(self._cloud.state)

    @property
    def calls(self) -> list[str]:
        """The calls of tools in the last run, each as a line."""
        return [" ".join(words) for words in self._cloud.state["calls"]]

    def change(self, **state: Any) -> None:
        """Changes the project's state, and forgets all calls."""
        self._cloud.state.update({"calls": [], "changes": [], **deepcopy(state)})

    def run(
        self, *options: str, typed: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs deploy.sh on this account with `typed` as its input, whether it succeeds or not."""
        self.change()
        return subprocess.run(
            ["bash", str(self.work / "deploy.sh"), f"--project={PROJECT}", *options],
            capture_output=True,
            text=True,
            check=False,
            input=typed,
            env={
                "PATH": str(self._bin),
                "HOME": str(self.folder),
                "FAKE_CLOUD": str(self._cloud.port),
                "PATIENCE_S": "0",
                "PYTHONDONTWRITEBYTECODE": "1",
                **environment,
            },
        )

    def deploy(self, *options: str, **environment: str) -> list[str]:
        """Runs deploy.sh, which has to succeed, and returns what it changes; see also `output`."""
        done = self.run(*options, **environment)
        assert done.returncode == 0, done.stderr + done.stdout
        self.output = done.stdout
        changes: list[str] = self.state["changes"]
        return changes

    def refusal(self, *options: str, typed: str = "") -> str:
        """Runs deploy.sh, which has to fail before it changes anything; returns its errors."""
        done = self.run(*options, typed=typed)
        assert done.returncode == 1, done.stdout
        assert self.state["changes"] == []
        self.output = done.stdout
        return done.stderr

    def page(self) -> tuple[dict[str, str], dict[str, Any]]:
        """Returns the settings of the last deployed page, and firebase's configuration."""
        settings = json.loads((self.work / ".earshot/hosting/config.json").read_text())
        return settings, json.loads((self.work / "firebase.deployed.json").read_text())


def unknown_to_gcloud(lines: list[str], file: Path) -> list[Any]:
    """Returns what gcloud itself, without the network, finds wrong with these command lines."""
    file.write_text(json.dumps([{"command_string": one} for one in lines]))
    done = subprocess.run(
        ["gcloud", "meta", "lint-gcloud-commands", f"--commands-file={file}"],
        capture_output=True,
        text=True,
        check=True,
    )
    answers = json.loads(done.stdout)
    assert len(answers) == len(lines)
    return [one for one in answers if not one["success"]]


class Deployment:
    """One successful run of deploy.sh: its changes and output, and the project's state after it."""

    def __init__(self, account: Account, *options: str) -> None:
        self.account = account
        self.changes = account.deploy(*options)
        self.output = account.output
        self.state = account.state
        self.settings, self.config = account.page()

    def copy(self, folder: Path) -> Account:
        """Returns another account with the same project state, to run something in."""
        return Account(folder, **self.state)
