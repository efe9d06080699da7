"""Builds and starts functions as Cloud Functions does: from the uploaded files and packages."""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.deployment import ROOT, commands, dry_run, flag, variables
from tests.support.install_cache import cached_install
from tests.support.server import Server

SECRET = "a secret for tests that is long enough"


@cache
def uploaded_files(root: Path = ROOT) -> list[str]:
    """Returns the files below `root` that gcloud would upload, as gcloud lists them."""
    command = ["gcloud", "meta", "list-files-for-upload", "."]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return sorted(done.stdout.splitlines())


@dataclass(frozen=True)
class Image:
    """A folder with the uploaded files, and a Python with their requirements alone."""

    source: Path
    python: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs `python ARGUMENTS` in the folder of the image."""
        return subprocess.run(
            [str(self.python), *arguments],
            cwd=self.source,
            env={"PATH": os.environ["PATH"]},
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def start(self, function: "DeployedFunction", **addresses: str) -> Server:
        """Starts a function in a process; `addresses` are the variables that name emulators."""
        settings = {**function.settings, "K_SERVICE": function.name, **addresses}
        server = Server(settings, function.target, python=self.python, source=self.source)
        return server.start()


def build_image(source: Path) -> Image:
    """Copies the uploaded files into the empty folder `source` and installs their requirements."""
    for name in uploaded_files():
        copy = source / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy)
    return Image(source, _python_with(source / "requirements.txt"))


def _python_with(requirements: Path) -> Path:
    """A Python with these packages alone, cached until they change: installing takes a minute."""

    def install(folder: Path) -> None:
        pip = [folder / "bin" / "python", "-m", "pip", "install", "-q", "--no-compile"]
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        # As new versions of Python carry it; an older one refuses locks of packages with extras.
        subprocess.run([*pip, "pip>=24"], check=True)
        # Modules are compiled when they are imported: compiling all takes as long as the rest.
        subprocess.run([*pip, "-r", requirements], check=True)

    made_of = f"{sys.version}\n{requirements.read_text()}"
    version = hashlib.sha256(made_of.encode()).hexdigest()[:16]
    return cached_install("image", version, install) / "bin" / "python"


@dataclass(frozen=True)
class DeployedFunction:
    """A function with the settings that deploy.sh deploys it with."""

    name: str
    target: str
    """name of the function in main.py"""
    settings: dict[str, str]
    """its environment variables; a secret has the value of `SECRET`"""
    document: str
    """path pattern of the documents whose events it receives; empty for an HTTP function"""


def deployed_functions(*options: str) -> dict[str, DeployedFunction]:
    """Returns the functions that `deploy.sh OPTIONS` deploys, by name, as a dry run shows."""
    done = dry_run(*options)
    assert done.returncode == 0, done.stderr
    shown = [one for one in commands(done.stdout) if one[:3] == ["gcloud", "functions", "deploy"]]
    return {one[3]: _function(one) for one in shown}


def _function(words: list[str]) -> DeployedFunction:
    settings = variables(words)
    for secrets in flag(words, "set-secrets"):
        settings |= {one.partition("=")[0]: SECRET for one in secrets.split(",")}
    (target,) = flag(words, "entry-point")
    document = "".join(flag(words, "trigger-event-filters-path-pattern"))
    return DeployedFunction(words[3], target, settings, document.removeprefix("document="))
