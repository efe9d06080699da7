"""The commands in the docs exist: ours with their options, gcloud's with their flags."""

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from feed.session.decision_log import DecisionLine
from tests.support.deployment import unknown_to_gcloud
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
                parts = re.split(r" [|>] |\$\(", line.partition("  #")[0])
                found += [one.strip().rstrip(")") for one in parts if one.strip().startswith(start)]
    return sorted(set(found))


def filled(command: str) -> str:
    return re.sub(r"\b[A-Z]{2,}\b", lambda word: FILL.get(word[0], word[0]), command)


HELP = """
import contextlib, io, json, runpy, sys
shown = {}
for module, *sub in json.load(sys.stdin):
    sys.argv = [module, *sub, "--help"]
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    shown[" ".join([module, *sub])] = out.getvalue()
json.dump(shown, sys.stdout)
"""
"""Prints the help of many commands; one process imports what they share once."""


def module_and_command(line: str) -> list[str]:
    """A module of ours and, where it has several, its command."""
    _, module, *rest = line.split()[1:]
    return [module, *[one for one in rest[:1] if not one.startswith("-")]]


@cache
def helps() -> dict[str, str]:
    """What `--help` shows of every command of ours in the docs."""
    asked = json.dumps([module_and_command(line) for line in OURS])
    done = subprocess.run(
        [sys.executable, "-c", HELP],
        cwd=ROOT,
        input=asked,
        capture_output=True,
        text=True,
        check=True,
    )
    shown: dict[str, str] = json.loads(done.stdout)
    return shown


OURS = commands("python -m ") + commands(".venv/bin/python -m ")


def test_there_are_commands_to_look_at() -> None:
    assert len(commands("gcloud ")) > 15
    assert len(commands("python -m ")) > 10


def test_a_variable_that_a_command_uses_has_a_value_from_elsewhere() -> None:
    for line in commands("export "):
        name, value = line.removeprefix("export ").split("=", 1)
        assert f"${name}" not in value, line
    (listeners,) = commands("export LISTENERS=")
    fields = set(re.findall(r"jsonPayload\.(\w+):", listeners))
    assert fields == {"shown", "seen", "engagement"} <= set(DecisionLine.__struct_fields__)


def test_each_command_of_ours_has_the_options_that_the_docs_give_it() -> None:
    for line in OURS:
        command = module_and_command(line)
        shown = helps()[" ".join(command)]
        assert shown.startswith("usage: "), line
        ours = line.split(command[0], 1)[1].partition(" -- ")[0]
        for option in re.findall(r"--[a-z-]+", ours):
            assert option in shown, (line, option)


def test_every_command_of_gcloud_exists_with_its_flags(tmp_path: Path) -> None:
    if shutil.which("gcloud") is None:
        pytest.skip("no gcloud to ask")
    asked = [filled(one) for one in commands("gcloud ")]
    assert unknown_to_gcloud(asked, tmp_path / "commands.json") == []
