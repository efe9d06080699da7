"""The commands that ask a model for what episodes lack, over emulated Vertex AI."""

import json
import time
from pathlib import Path

from catalog_builder import __main__ as command
from tests.support.models import EmulatedModels, vertex_server
from tests.support.reconcile import Reconcile

__all__ = ["vertex_server"]

EPISODES = 60
AT_ONCE = 4


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
    settings = {"MODEL": "gemini-3.8-flash", "MODEL_URL": server.url}
    builder = Reconcile(tmp_path, command, FIREBASE_PROJECT="demo-earshot", **settings)
    words = [
        *("enrich", "--enrich", "gemini", "--enrich-batch", "1", "--enrich-at-once", AT_ONCE),
        *("--episodes", tmp_path / "episodes.json", "--cache", tmp_path / "cache"),
    ]
    dry = builder.run(*words, "--dry-run").stdout
    assert f"that lack something  {EPISODES:>14}" in dry
    assert not server.requests.total()

    first = builder.start(*words)
    stored, deadline = tmp_path / "cache" / "enrichment-gemini-3.8-flash-00000", time.monotonic()
    while not stored.exists():
        assert time.monotonic() - deadline < 60
        time.sleep(0.02)
    first.kill()
    first.communicate()
    asked = server.requests.total()
    assert asked < EPISODES

    server.first_token_s = 0.0
    said = builder.run(*words).stdout
    of_these = int(said.split(" of ")[1].split(" ")[0].replace(",", ""))
    assert said.startswith(f"{of_these} of {of_these} episodes were enriched")
    assert of_these < EPISODES
    again = server.requests.total() - EPISODES
    # A kill loses a second of answers, and the calls under way.
    assert again <= AT_ONCE * (1.0 / 0.3 + 2)
    assert builder.run(*words).stdout == "nothing is lacking\n"
