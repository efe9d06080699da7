"""deploy.sh, run dry or against a stand-in for somebody's account."""

import atexit
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_cloud import EMPTY

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
    "mktemp",
    "openssl",
    "rm",
    "sed",
    "sleep",
    "sort",
    "tr",
    "xargs",
]
"""what deploy.sh needs of a machine"""
needs_gcloud = pytest.mark.skipif(shutil.which("gcloud") is None, reason="no gcloud to ask")


def commands(script: str) -> list[list[str]]:
    """The commands of a dry run, each as its words; a pipe is a word of its own."""
    script = re.sub(r"<<'END'\n.*?\nEND\n", "\n", script, flags=re.DOTALL)
    lines = script.replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line and not line.startswith(("#", "export "))]


def gcloud(found: list[list[str]]) -> list[list[str]]:
    """Those of gcloud, also behind a pipe."""
    cut = [words[words.index("gcloud") :] for words in found if "gcloud" in words]
    return [words[: words.index("<<END")] if "<<END" in words else words for words in cut]


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
        self._state = folder / "state.json"
        self._state.write_text(json.dumps({**EMPTY, **state}))
        self._bin = folder / "bin"
        self._bin.mkdir()
        for tool in TOOLS:
            if tool not in without:
                (self._bin / tool).symlink_to(str(shutil.which(tool)))
        fake = (ROOT / "tests" / "support" / "fake_cloud.py").read_text()
        for tool in {"gcloud", "firebase", "curl"} - set(without):
            (self._bin / tool).write_text(f"#!{Path(sys.executable).resolve()} -IS\n{fake}")
            (self._bin / tool).chmod(0o755)
        self.work = folder / "earshot"
        self.work.mkdir()
        for name in (
            ".gcloudignore",
            "deploy.sh",
            "deploy",
            "firebase.json",
            "firestore.rules",
            "main.py",
            "web",
        ):
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, self.work / name)
        shutil.copy(ROOT / "requirements.txt", self.work)

    @property
    def state(self) -> dict[str, Any]:
        """What there is now."""
        found: dict[str, Any] = json.loads(self._state.read_text())
        return found

    def change(self, **state: Any) -> None:
        """Let something be otherwise; no calls have been made."""
        self._state.write_text(json.dumps({**self.state, "calls": [], "changes": [], **state}))

    def deploy(self, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run deploy.sh."""
        return subprocess.run(
            ["bash", str(self.work / "deploy.sh"), f"--project={PROJECT}", *options],
            capture_output=True,
            text=True,
            check=False,
            env={
                "PATH": str(self._bin),
                "HOME": str(self.folder),
                "FAKE_CLOUD": str(self._state),
                "PATIENCE_S": "0",
                "CLOUDSDK_CORE_PROJECT": "a-project",
                "GCLOUD_ANSWERS": _answers(),
                "GCLOUD_PATH": os.environ["PATH"],
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


@cache
def _answers() -> str:
    """A folder for what the real gcloud answers, which goes with this process."""
    folder = tempfile.mkdtemp(prefix="earshot-gcloud-")
    atexit.register(shutil.rmtree, folder)
    return folder


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
