"""deploy.sh, run dry or against a stand-in for somebody's account."""

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

from tests.support.fake_cloud import Cloud

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "my-feed"
TOOLS = [
    "bash",
    "cat",
    "cut",
    "dirname",
    "env",
    "find",
    "fold",
    "grep",
    "head",
    "mktemp",
    "openssl",
    "rm",
    "sed",
    "sleep",
    "sort",
    "tee",
    "tr",
    "xargs",
]
"""what deploy.sh needs of a machine"""
PYTHON = Path(sys.executable).resolve()
needs_gcloud = pytest.mark.skipif(shutil.which("gcloud") is None, reason="no gcloud to ask")


def commands(script: str) -> list[list[str]]:
    """The commands of a dry run, each as its words; a pipe is a word of its own."""
    script = re.sub(r"<<'END'\n.*?\nEND\n", "\n", script, flags=re.DOTALL)
    lines = script.replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line and not line.startswith(("#", "export "))]


def gcloud(found: list[list[str]]) -> list[list[str]]:
    """Those of gcloud, also on either side of a pipe."""
    cut = [words[words.index("gcloud") :] for words in found if "gcloud" in words]
    ends = {"|", ">", "<<END"}
    return [list(takewhile(lambda word: word not in ends, words)) for words in cut]


def flag(words: list[str], name: str) -> list[str]:
    """The values of a flag."""
    return [w.partition("=")[2] for w in words if w.startswith(f"--{name}=")]


def dry_run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A dry run on a machine that has no gcloud, no firebase and no network to use."""
    return subprocess.run(
        ["bash", str(ROOT / "deploy.sh"), "--dry-run", *options],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], **environment},
    )


class Account:
    """A folder with the script in it, a PATH of stand-ins, and the state of a project."""

    def __init__(self, folder: Path, *, without: tuple[str, ...] = (), **state: Any) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self._cloud = Cloud(state)
        self._bin = folder / "bin"
        self._bin.mkdir()
        for tool in TOOLS:
            if tool not in without:
                (self._bin / tool).symlink_to(str(shutil.which(tool)))
        self._cloud.install(self._bin, {"gcloud", "firebase", "curl"} - set(without))
        if "python3" not in without:
            (self._bin / "python3").symlink_to(PYTHON)
        self.work = folder / "earshot"
        self.work.mkdir()
        for name in (
            ".gcloudignore",
            "deploy.sh",
            "deploy",
            "firebase.json",
            "firestore.indexes.json",
            "firestore.rules",
            "main.py",
            "web",
        ):
            source = ROOT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, self.work / name, ignore=ignored)
            else:
                shutil.copy(source, self.work / name)
        shutil.copy(ROOT / "requirements.txt", self.work)

    @property
    def state(self) -> dict[str, Any]:
        """What there is now."""
        return deepcopy(self._cloud.state)

    def change(self, **state: Any) -> None:
        """Let something be otherwise; no calls have been made."""
        self._cloud.state.update({"calls": [], "changes": [], **deepcopy(state)})

    def deploy(
        self, *options: str, typed: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run deploy.sh, with something typed."""
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

    def deployed(self, *options: str, **environment: str) -> list[str]:
        """What a run that succeeds changes."""
        self.change()
        done = self.deploy(*options, **environment)
        assert done.returncode == 0, done.stderr + done.stdout
        found: list[str] = self.state["changes"]
        return found


def unknown_to_gcloud(commands: list[str], file: Path) -> list[Any]:
    """What gcloud itself, without the network, finds wrong with these commands and their flags."""
    file.write_text(json.dumps([{"command_string": one} for one in commands]))
    done = subprocess.run(
        ["gcloud", "meta", "lint-gcloud-commands", f"--commands-file={file}"],
        capture_output=True,
        text=True,
        check=True,
    )
    answers = json.loads(done.stdout)
    assert len(answers) == len(commands)
    return [one for one in answers if not one["success"]]
