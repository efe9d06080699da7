"""Benchmarks run and measure what they say. No test asserts how fast anything is."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import audience, engine, insights, origin, signals
from benchmarks.data.large_catalog import large_catalog, queries
from benchmarks.data.users import NOW, TOPIC_SHARE, SyntheticUsers
from benchmarks.harness.dataset import SyntheticDataset
from benchmarks.report.results import read_result
from feed.model.engagement import Summary, newest_first
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.session.request import SessionRequest, make_query
from feed.snapshot.codec import decode, encode

SYNTHETIC = SyntheticUsers(users=300, episodes=2000)
EPISODES = np.array(
    [
        [int(one.episode_id.removeprefix("episode-")) for one in summary.engagements]
        for summary in SYNTHETIC.summaries()
    ]
)


def test_every_synthetic_user_has_as_many_engagements_with_different_episodes() -> None:
    assert EPISODES.shape == (300, 100)
    assert all(len(set(rows)) == 100 for rows in EPISODES.tolist())
    assert (SYNTHETIC.catalog().rows([f"episode-{n:012}" for n in EPISODES.ravel()]) >= 0).all()


def test_a_synthetic_summary_is_in_the_order_in_which_it_is_stored() -> None:
    for summary in islice(SYNTHETIC.summaries(), 20):
        assert list(summary.engagements) == sorted(summary.engagements, key=newest_first)


def test_synthetic_summaries_are_generated_lazily() -> None:
    assert len(list(islice(SyntheticUsers(users=10**9, episodes=2000).summaries(), 3))) == 3


def test_synthetic_summaries_are_deterministic() -> None:
    assert list(islice(SYNTHETIC.summaries(), 5)) == list(islice(SYNTHETIC.summaries(), 5))


def test_synthetic_popularity_is_skewed_and_some_episodes_have_no_listener() -> None:
    chosen = np.sort(np.bincount(EPISODES.ravel(), minlength=SYNTHETIC.episodes))[::-1]
    assert chosen[:200].sum() > 3 * chosen.sum() / 10
    assert chosen[-100:].sum() == 0


def test_a_synthetic_user_prefers_three_topics() -> None:
    shares = -np.sort(
        -np.array([np.bincount(rows % SYNTHETIC.topics, minlength=8) for rows in EPISODES]), axis=1
    )
    assert SYNTHETIC.topics == 8
    assert shares[:, :3].sum() / EPISODES.size > TOPIC_SHARE - 0.05


def test_signals_are_measured_by_size(tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    signals.main(["--sizes", "100", "300", "--episodes", "200", "--json", str(out)])
    runs = read_result(out).found["runs"]
    assert [(run["users"], run["episodes"]) for run in runs] == [(100, 200), (300, 200)]
    for run in runs:
        assert set(run["seconds"]) == set(signals.STEPS)
        assert min(run["seconds"].values()) > 0
        assert run["peak_mb"] > 10
        assert run["choices"] > 80 * run["users"]


def test_audiences_are_measured_by_size_and_by_the_number_of_episodes_at_once(
    tmp_path: Path,
) -> None:
    out = tmp_path / "found.json"
    audience.main(["--sizes", "300", "--users", "4", "--json", str(out)])
    runs = read_result(out).found["runs"]
    assert [(run["catalog"], run["episodes"], run["users"]) for run in runs] == [
        (300, 1, 4),
        (300, 20, 4),
    ]
    assert audience.dollars(100) > audience.dollars(1_000) > 0.6  # what the reads alone cost


def test_the_engine_is_measured_by_size_and_compared_with_a_library(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "USERS", 2)
    monkeypatch.setattr(engine, "ROUNDS", 1)
    small = ["--sizes", "600x16", "--peers", "numpy, exact"]
    engine.main([*small, "--json", str(tmp_path / "found.json")])
    (run,) = read_result(tmp_path / "found.json").found["runs"]
    assert (run["episodes"], run["dimension"], run["lists"]) == (600, 16, 0)
    assert set(run["sessions"]) >= {"baseline", "for_you", "for_you, rank"}
    assert set(run["search"]) == {"earshot", "numpy, exact"}
    for spent in run["stages"].values():
        assert min(spent.values()) > 0
        assert spent["queue"] < sum(spent.values())
    for found in run["search"].values():
        assert found["recall"] == 1
        assert found["p10_ms"] <= found["median_ms"] <= found["p90_ms"]
    assert "600 x 16" in capsys.readouterr().out


def test_an_invalid_size_is_an_error_that_says_what_is_expected(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        engine.main(["--sizes", "1000x256x"])
    assert "expected episodes, or episodes x dimensions" in capsys.readouterr().err


def test_a_large_synthetic_catalog_fits_in_a_snapshot() -> None:
    catalog = large_catalog(700, 16)
    assert len(decode(encode(catalog))) == 700
    asked = queries(catalog, 1)[0]
    assert (catalog.rows([one.episode_id for one in asked.engagements]) >= 0).all()


def test_a_peer_runs_at_the_least_effort_that_reaches_the_recall() -> None:
    class Finds:
        efforts = (1, 2, 3)

        def search(self, asked: Any, excluded: Any, count: int, effort: int) -> list[Any]:
            del asked, excluded
            return [np.arange(count) if effort >= 2 else np.arange(count) + count]

    nothing = np.zeros(0, np.int64)
    job = engine.SearchJob(np.zeros((1, 4), np.float32), nothing, [np.arange(engine.COUNT)])
    assert engine.least_effort(Finds(), [job]) == (2, 1.0)


def test_the_original_feed_and_baseline_rank_the_same_queue() -> None:
    dataset = SyntheticDataset(episodes=900, users=3)
    catalog = dataset.catalog()
    original = origin.origin_of(dataset, catalog)
    ranker = Ranker(catalog, shipped()["baseline"])
    items = sorted(dataset.items(), key=lambda item: item.published_at, reverse=True)
    newest = {item.id for item in items[:100]}
    for _, summary in dataset.summaries():
        bare = Summary(engagements=summary.engagements)
        query = make_query(SessionRequest(), bare, seed=1, now_us=to_us(NOW))
        queue = [catalog.ids[row] for row in ranker.rank(query).rows.tolist()]
        assert len(queue) > 8
        assert original.session(origin.documents_of(summary), NOW, None) == queue
        blind = original.session(origin.documents_of(summary), NOW, 100)
        assert blind
        assert set(blind) <= newest


def test_the_original_feed_is_measured_and_compared_with_the_ranker(tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    origin.main(["--sizes", "300", "600", "--sessions", "1", "--json", str(out)])
    sizes = json.loads(out.read_text())["found"]["sizes"]
    assert list(sizes) == ["300", "600"]
    for kinds in sizes.values():
        assert kinds.pop("same") > 0.9
        assert min(kind["least"] for kind in kinds.values()) > 0
        assert set(kinds) == {origin.AS_IT_WAS, origin.ALL, origin.BASELINE, origin.FOR_YOU}


def test_the_insights_of_a_catalog_are_measured() -> None:
    run = insights.measure(400, 200)
    assert run["insights"] > 0
    assert run["snapshot_kb"] > 0
    assert insights.result(run).tables[0].rows[0][:2] == ["400", "200"]
