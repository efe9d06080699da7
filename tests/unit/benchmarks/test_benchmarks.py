"""Benchmarks run, and measure what they say they do. How fast anything is stands in no test."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import engine, origin, signals
from benchmarks.data.large_catalog import large_catalog, queries
from benchmarks.data.users import FAITHFUL, NOW, SyntheticUsers
from benchmarks.harness.dataset import SyntheticDataset
from benchmarks.report.results import read
from feed.model.engagement import Summary, newest_first
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.session.request import SessionRequest, make_query
from feed.snapshot.codec import decode, encode

CROWD = SyntheticUsers(users=300, episodes=2000)
EPISODES = np.array(
    [
        [int(one.episode_id.removeprefix("episode-")) for one in summary.engagements]
        for summary in CROWD.summaries()
    ]
)


def test_every_user_of_a_crowd_has_as_many_engagements_with_different_episodes() -> None:
    assert EPISODES.shape == (300, 100)
    assert all(len(set(theirs)) == 100 for theirs in EPISODES.tolist())
    assert (CROWD.catalog().rows([f"episode-{n:012}" for n in EPISODES.ravel()]) >= 0).all()


def test_a_summary_of_a_crowd_is_in_the_order_in_which_it_is_stored() -> None:
    for summary in islice(CROWD.summaries(), 20):
        assert list(summary.engagements) == sorted(summary.engagements, key=newest_first)


def test_a_crowd_is_made_as_it_is_read() -> None:
    assert len(list(islice(SyntheticUsers(users=10**9, episodes=2000).summaries(), 3))) == 3


def test_a_crowd_is_the_same_each_time() -> None:
    assert list(islice(CROWD.summaries(), 5)) == list(islice(CROWD.summaries(), 5))


def test_some_episodes_of_a_crowd_are_far_more_popular_and_some_are_unheard_of() -> None:
    chosen = np.sort(np.bincount(EPISODES.ravel(), minlength=CROWD.episodes))[::-1]
    assert chosen[:200].sum() > 3 * chosen.sum() / 10
    assert chosen[-100:].sum() == 0


def test_a_user_of_a_crowd_keeps_to_three_topics() -> None:
    shares = -np.sort(
        -np.array([np.bincount(theirs % CROWD.topics, minlength=8) for theirs in EPISODES]), axis=1
    )
    assert CROWD.topics == 8
    assert shares[:, :3].sum() / EPISODES.size > FAITHFUL - 0.05


def test_signals_are_measured_by_size_and_their_growth_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = ["--sizes", "100", "300", "--episodes", "200"]
    signals.main([*sizes, "--json", str(tmp_path / "found.json")])
    found = json.loads((tmp_path / "found.json").read_text())
    assert [(run["users"], run["episodes"]) for run in found["runs"]] == [(100, 200), (300, 200)]
    for run in found["runs"]:
        assert set(run["seconds"]) == {"collect", "counts", "neighbours", "promise"}
        peaks = list(run["peak_mb"].values())
        assert peaks == sorted(peaks)
        assert run["choices"] > 80 * run["users"]
    assert "1,000,000 users take" in capsys.readouterr().out
    assert found["growth"]["peak_mb"]["full"] > 0


def test_growth_finds_the_power_that_made_it() -> None:
    sizes = [10, 20, 40, 80]
    grown = signals.Growth.of(sizes, [3 * size**1.5 for size in sizes])
    assert grown.exponent == pytest.approx(1.5)
    assert grown.at(1000) == pytest.approx(3 * 1000**1.5)


def test_a_fixed_part_hides_no_growth() -> None:
    sizes = [10, 20, 40, 80]
    grown = signals.Growth.of(sizes, [100 + 2 * size for size in sizes])
    assert grown.exponent < 1
    assert grown.at(1000) == pytest.approx(2100)


def test_the_engine_is_measured_by_size_beside_what_finds_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "USERS", 2)
    monkeypatch.setattr(engine, "ROUNDS", 1)
    small = ["--sizes", "600x16", "--peers", "numpy, exact"]
    engine.main([*small, "--json", str(tmp_path / "found.json")])
    (run,) = read(tmp_path / "found.json").found["runs"]
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


def test_a_size_that_is_none_is_refused_with_what_was_expected(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        engine.main(["--sizes", "1000x256x"])
    assert "expected episodes, or episodes x dimensions" in capsys.readouterr().err


def test_a_large_catalog_is_one_that_a_snapshot_takes() -> None:
    catalog = large_catalog(700, 16)
    assert len(decode(encode(catalog))) == 700
    asked = queries(catalog, 1)[0]
    assert (catalog.rows([one.episode_id for one in asked.engagements]) >= 0).all()


def test_the_effort_of_a_peer_is_the_least_that_finds_enough() -> None:
    class Finds:
        efforts = (1, 2, 3)

        def search(self, asked: Any, excluded: Any, count: int, effort: int) -> list[Any]:
            del asked, excluded
            return [np.arange(count) if effort >= 2 else np.arange(count) + count]

    nothing = np.zeros(0, np.int64)
    job = engine.Job(np.zeros((1, 4), np.float32), nothing, [np.arange(engine.COUNT)])
    assert engine.least_effort(Finds(), [job]) == (2, 1.0)


def test_the_approach_of_the_start_and_baseline_rank_the_same_queue() -> None:
    world = SyntheticDataset(episodes=900, users=3)
    catalog = world.catalog()
    approach = origin.origin_of(world, catalog)
    ranker = Ranker(catalog, shipped()["baseline"])
    items = sorted(world.items(), key=lambda item: item.published_at, reverse=True)
    newest = {item.id for item in items[:100]}
    for _, summary in world.summaries():
        bare = Summary(engagements=summary.engagements)
        query = make_query(SessionRequest(), bare, seed=1, now_us=to_us(NOW))
        queue = [catalog.ids[row] for row in ranker.rank(query).rows.tolist()]
        assert len(queue) > 8
        assert approach.session(origin.documents_of(summary), NOW, None) == queue
        blind = approach.session(origin.documents_of(summary), NOW, 100)
        assert blind
        assert set(blind) <= newest


def test_the_approach_of_the_start_is_measured_beside_the_ranker(tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    origin.main(["--sizes", "300", "600", "--sessions", "1", "--json", str(out)])
    sizes = json.loads(out.read_text())["found"]["sizes"]
    assert list(sizes) == ["300", "600"]
    for kinds in sizes.values():
        assert kinds.pop("same") > 0.9
        assert min(kind["least"] for kind in kinds.values()) > 0
        assert set(kinds) == {origin.AS_IT_WAS, origin.ALL, origin.BASELINE, origin.FOR_YOU}
