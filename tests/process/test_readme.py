"""The README's requests and the commands of docs/replay.md do what they say, pasted."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from catalog_builder.__main__ import main
from tests.support.server import ROOT, Server

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]
REPLAY = (ROOT / "docs" / "replay.md").read_text().split("## Try it")[1].split("```")[1]
CURLS = [line for line in COMMANDS if line.startswith("curl")]


def pasted(command: str, folder: Path) -> str:
    return subprocess.run(
        command, shell=True, check=True, capture_output=True, text=True, cwd=folder
    ).stdout


SHOWN_AT = "2026-11-22T12:00:00Z"
"""when the answers in the README were given; the demo's dates follow the day"""


@pytest.fixture
def demo(start_server: Callable[..., Server], tmp_path: Path) -> Server:
    assert main(["publish", "--shelf", str(tmp_path / "shelf"), "--now", SHOWN_AT]) == 0
    # What a busy machine does to a summary's deadline is another test's.
    return start_server(NOW=SHOWN_AT, SUMMARY_TIMEOUT_S="5")


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_each_request_of_the_readme_is_answered_as_it_shows(demo: Server, tmp_path: Path) -> None:
    assert len(CURLS) == 3
    first, engagement, session = (
        msgspec.json.decode(
            pasted(line.replace("http://localhost:8080", demo.url), tmp_path).encode()
        )
        for line in CURLS
    )
    (shown,) = (msgspec.json.decode(text.encode()) for kind, text in BLOCKS if kind == "json")
    # A version is of every bit, and in embeddings the last ones depend on the processor.
    version = shown["catalog_version"].partition("-")[0]
    assert first["catalog_version"].startswith(f"{version}-")
    varying = {"session_id", "next_cursor", "catalog_version"}
    for name in shown.keys() - varying - {"episodes"}:
        assert first[name] == shown[name], name
    (card,), (shown_card,) = first["episodes"], shown["episodes"]
    assert card["final_score"] == pytest.approx(shown_card["final_score"], abs=2e-6)  # as above
    for name in shown_card.keys() - {"key_insight", "final_score"}:
        assert card[name] == shown_card[name], name
    assert card["key_insight"].startswith(shown_card["key_insight"].removesuffix("…"))
    assert engagement["episode_id"] == "the-long-orbit-003"
    assert session["episodes"][0]["reason"]["key"] == "because_bookmark"


def test_a_session_is_replayed_as_the_docs_say(tmp_path: Path) -> None:
    _, *lines = REPLAY.strip().splitlines()
    assert len(lines) == 4
    (tmp_path / ".venv").symlink_to(sys.prefix)
    for package in ("feed", "adapters", "catalog_builder"):
        (tmp_path / package).symlink_to(ROOT / package)
    (tmp_path / ".earshot").mkdir()
    outputs = [pasted(line, tmp_path) for line in lines]
    assert "episodes" in outputs[2]
    replayed: Any = msgspec.json.decode(outputs[3].encode())
    assert [one["id"] for one in replayed["episodes"]] == ["the-red-light-is-on-013"]
