"""The commands in the docs exist: ours with their options, gcloud's with their flags."""

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.support.deploying import unknown_to_gcloud
from tests.support.server import ROOT

DOCS = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md"))]
FILL = {
    "PROJECT": "my-project",
    "REGION": "us-central1",
    "BUCKET": "my-bucket",
    "BACKUPS": "my-backups",
    "ID": "ABCDEF-ABCDEF-ABCDEF",
}


def commands(start: str) -> list[str]:
    """Every line of a block of shell in the docs that begins so, or pipes into it."""
    found = []
    for name in DOCS:
        for block in re.findall(
            r"^```sh\n(.*?)^```", (ROOT / name).read_text(), re.MULTILINE | re.DOTALL
        ):
            for line in block.replace("\\\n", " ").splitlines():
                parts = re.split(r" \| |\$\(", line.partition("  #")[0])
                found += [one.strip().rstrip(")") for one in parts if one.strip().startswith(start)]
    return sorted(set(found))


def filled(command: str) -> str:
    return re.sub(r"\b[A-Z]{2,}\b", lambda word: FILL.get(word[0], word[0]), command)


@cache
def help_of(words: tuple[str, ...]) -> str:
    done = subprocess.run(
        [sys.executable, *words, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_there_are_commands_to_look_at() -> None:
    assert len(commands("gcloud ")) > 15
    assert len(commands("python -m ")) > 10


@pytest.mark.parametrize("command", commands("python -m ") + commands(".venv/bin/python -m "))
def test_a_command_of_ours_has_the_options_that_the_docs_give_it(command: str) -> None:
    words = command.split()[1:]
    module, rest = words[1], words[2:]
    if (
        not (ROOT / module.replace(".", "/")).exists()
        and not Path(ROOT / f"{module.replace('.', '/')}.py").exists()
    ):
        pytest.fail(f"no module {module}")
    sub = [rest[0]] if rest and not rest[0].startswith("-") else []
    shown = help_of(("-m", module, *sub))
    for option in re.findall(r"--[a-z-]+", command.split(module, 1)[1]):
        assert option in shown, option


def test_every_command_of_gcloud_exists_with_its_flags(tmp_path: Path) -> None:
    if shutil.which("gcloud") is None:
        pytest.skip("no gcloud to ask")
    asked = [filled(one) for one in commands("gcloud ")]
    assert unknown_to_gcloud(asked, tmp_path / "commands.json") == []
