"""The commands that ask a model for what episodes lack, over emulated Vertex AI."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.support.models import EmulatedModels, vertex_server
from tests.support.server import ROOT

__all__ = ["vertex_server"]

EPISODES = 60
AT_ONCE = 4


def start(models: EmulatedModels, folder: Path, *options: str) -> subprocess.Popen[str]:
    settings = {"MODEL": "gemini-3.8-flash", "MODEL_URL": models.server.url}
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "catalog_builder", "enrich", "--enrich", "gemini"),
            *("--episodes", str(folder / "episodes.json"), "--cache", str(folder / "cache")),
            *("--enrich-batch", "1", "--enrich-at-once", str(AT_ONCE), *options),
        ],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "FIREBASE_PROJECT": "demo-earshot", **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def test_a_killed_run_goes_on_and_pays_for_no_stored_answer_again(
    vertex_server: EmulatedModels, tmp_path: Path
) -> None:
    server = vertex_server.server
    server.reset()
    server.first_token_s = 0.3
    episodes = [
        {"id": f"e{n}", "title": f"Episode {n}", "published_at": "2026-01-01T00:00:00Z"}
        for n in range(EPISODES)
    ]
    (tmp_path / "episodes.json").write_text(json.dumps(episodes))
    dry = start(vertex_server, tmp_path, "--dry-run").communicate()[0]
    assert f"that lack something  {EPISODES:>14}" in dry
    assert not server.requests.total()

    first = start(vertex_server, tmp_path)
    stored, deadline = tmp_path / "cache" / "enrichment-gemini-3.8-flash-00000", time.monotonic()
    while not stored.exists():
        assert time.monotonic() - deadline < 60
        time.sleep(0.02)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    asked = server.requests.total()
    assert asked < EPISODES

    server.first_token_s = 0.0
    said = start(vertex_server, tmp_path).communicate()[0]
    of_these = int(said.split(" of ")[1].split(" ")[0].replace(",", ""))
    assert said.startswith(f"{of_these} of {of_these} episodes were enriched")
    assert of_these < EPISODES
    again = server.requests.total() - EPISODES
    # A kill loses a second of answers, and the calls under way.
    assert again <= AT_ONCE * (1.0 / 0.3 + 2)
    assert start(vertex_server, tmp_path).communicate()[0] == "nothing is lacking\n"
