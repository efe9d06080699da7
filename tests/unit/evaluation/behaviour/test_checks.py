"""Every check holds for a good feed and fails for a bad one."""

from pathlib import Path
from typing import Any, get_args

import msgspec
import numpy as np
import pytest

from evaluation.behaviour.case import AnyCheck, CaseCatalog
from evaluation.behaviour.catalogs import NOW, case_catalog_input
from evaluation.behaviour.check import Check, CheckResult, RankedFeed
from evaluation.behaviour.runner import NOW_US
from evaluation.data.events import Events
from evaluation.data.training import training_data
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.user.query import Query

ART = {"category": "Art"}
BREAD = {"category": "Bread"}
BEST, GOOD, POOR = ({"credibility": n, "insight": n} for n in (5, 3, 1))

EPISODES = [
    {"id": "a1", "topic": "Art", "series": "a", "scores": BEST},
    {"id": "a2", "topic": "Art", "series": "a", "scores": BEST},
    {"id": "b1", "topic": "Bread", "series": "b", "scores": GOOD},
    {"id": "b2", "topic": "Bread", "series": "b", "scores": GOOD},
    {"id": "c1", "topic": "Bread", "series": "c", "scores": POOR},
    {"id": "x1", "topic": "Art", "scores": {}},
    {"id": "x2", "scores": {}},
]


def ranker(*added: str) -> Ranker:
    described = {"generator": "none", "episodes": [*EPISODES, *({"id": one} for one in added)]}
    made = case_catalog_input(msgspec.convert(described, CaseCatalog), (), Path())
    catalog = training_data(made.episodes, made.vectors, Events.from_rows([]), NOW).catalog
    return Ranker(catalog, shipped()["for_you"])


RANKER = ranker()
LARGER = ranker("new")


def feed(shown: str, made: Ranker = RANKER) -> RankedFeed:
    """A feed like `a1 b1:fresh`: ids in order, and reasons where they matter."""
    pairs = [one.partition(":") for one in shown.split()]
    rows = made.catalog.rows([name for name, _, _ in pairs]).astype(np.int64)
    assert (rows >= 0).all()
    return RankedFeed(
        made, Query(now_us=NOW_US), rows, tuple(key or "similar" for _, _, key in pairs)
    )


def judged(fields: dict[str, Any], one: RankedFeed, two: RankedFeed) -> CheckResult:
    check: Check = msgspec.convert(fields, AnyCheck)
    return check.judge(one, two)


def where(check: str, **fields: Any) -> dict[str, Any]:
    return {"check": check, **fields}


ONE_FEED = [
    (where("length", at_least=2), "a1 b1", "a1"),
    (where("absent", where=ART), "b1 c1", "b1 c1 a2"),
    (where("absent", where=ART), "b1", ""),
    (where("absent", where={"id": ["a1", "b1"]}), "a2 b2", "a2 b1"),
    (where("absent", where={"series": "b"}), "a1 c1", "a1 b2 c1"),
    (where("share", where=ART, at_least=0.5), "a1 b1", "a1 b1 b2"),
    (where("share", where=ART, at_most=0.5), "a1 b1", "a1 a2 b1"),
    (where("share", where=ART, top=2, at_least=1), "a1 a2 b1", "a1 b1 a2"),
    (where("share", where=ART, at_most=1), "b1", ""),
    (where("share", where={"category": "Art", "series": "a"}, at_least=0.5), "a1 x1", "x1 b1"),
    (where("breadth", at_least=2), "a1 b1", "a1 a2 x2"),
    (where("breadth", top=2, at_least=2), "a1 b1 b2", "a1 a2 b1"),
    (where("breadth", of="series", at_least=2), "b1 c1", "b1 b2 x1 x2"),
    (where("floor", score="credibility", at_least=3), "a1 b1 x1", "a1 c1"),
    (where("floor", score="combined", at_least=6), "a1 b2", "b1 c1"),
    (where("floor", score="insight", at_least=1), "c1", ""),
    (where("quality", above=0.6), "a1 a2", "b1 b2"),
    (where("quality", top=1, above=0.2), "b1 c1", "c1 a1 a2"),
    (where("quality", above=0.0), "c1", "x1"),
    (where("before", first=ART, then=BREAD), "a2 b1 a1", "b1 a1 a2"),
    (where("before", first={"id": "a1"}, then={"id": "b1"}), "c1 a1", "c1 b1"),
    (where("before", first={"id": "a1"}, then={"id": "b1"}), "a1 b1", "c1"),
    (where("more", of=ART, than=BREAD), "a1 a2 b1", "a1 b1"),
    (where("more", of=ART, than=BREAD, top=2), "a1 a2 b1 b2 c1", "b1 c1 a1 a2 x1"),
    (where("series", at_most=1), "a1 b1 x1 x2", "a1 b1 a2"),
    (where("series", top=2, at_most=1), "a1 b1 a2", "a1 a2 b1"),
    (where("series"), "a1 b1 a2", "a1 a2 b1"),
    (where("series", adjacent=True), "a1 a2 b1", ""),
    (where("reasons", keys=["similar"]), "a1 b1", "a1 b1:fresh"),
    (where("reasons", keys=["similar", "fresh"]), "a1 b1:fresh", "a1:trending"),
    (where("reasons", keys=["fresh"], where=BREAD), "a1 b1:fresh", "a1:fresh b1"),
    (where("reasons", keys=["fresh"], where=BREAD), "b1:fresh", "a1:fresh"),
    (where("reasons", keys=["similar"], top=1), "a1 b1:fresh", "b1:fresh a1"),
    (where("latency", at_most_ms=10_000, sessions=3), "a1", None),
    (where("latency", at_most_ms=0, sessions=3), None, "a1"),
]

TWO_FEEDS = [
    (where("overlap", at_least=0.5), ("a1 b1", "b1 c1"), ("a1 b1 b2", "b1 c1 a2")),
    (where("overlap", at_most=0.5), ("a1 b1", "b1 c1"), ("a1 b1", "b1 a1")),
    (where("overlap", top=1, at_most=0), ("a1 b1", "b1 a1"), ("a1 b1", "a1 c1")),
    (where("overlap", at_most=1), ("a1", "b1"), ("", "")),
    (where("same"), ("a1 b1", "a1 b1"), ("a1 b1", "b1 a1")),
    (where("same"), ("a1", "a1"), ("a1", "a1 b1")),
    (where("same", top=1), ("a1 b1", "a1 c1"), ("a1 b1", "b1 a1")),
    (where("same"), ("a1", "a1"), ("", "")),
    (where("moves", where=ART, to="lower"), ("a1 b1", "b1 a1"), ("b1 a1", "a1 b1")),
    (where("moves", where=ART, to="higher"), ("b1 a1", "a1 b1"), ("a1 b1", "a1 b1")),
    (where("moves", where={"id": "a1"}, to="lower"), ("a1 b1", "b1 b2"), ("b1", "b1 b2")),
    (where("moves", where={"id": "a1"}, to="higher"), ("b1 b2", "b1 a1"), ("b1 a1", "b1 b2")),
]

ABOVE = where("same_above", where={"id": "new"})


@pytest.mark.parametrize(
    ("fields", "good", "bad"),
    [
        *((fields, (good, "c1"), (bad, "c1")) for fields, good, bad in ONE_FEED),
        *TWO_FEEDS,
    ],
)
def test_a_check_holds_for_good_feeds_and_fails_for_bad_ones(
    fields: dict[str, Any], good: tuple[str | None, str], bad: tuple[str | None, str]
) -> None:
    for (one, two), holds in [(good, True), (bad, False)]:
        if one is not None:
            result = judged(fields, feed(one), feed(two))
            assert result.holds is holds, result.observed
            assert result.observed


@pytest.mark.parametrize(
    ("one", "two", "holds"),
    [
        ("a1 b1 c1", "a1 b1 new c1", True),
        ("a1 b1 c1", "a1 b1 new", True),
        ("a1 b1 c1", "a1 b1 new a2", True),
        ("a1 b1 c1", "a1 b1 c1", True),
        ("a1 b1 c1", "b1 a1 new", False),
        ("a1 b1 c1", "a1 b1", True),  # nothing is above what is in no queue but the queue
        ("a1 b1 c1", "a1 c1 b1", False),
        ("a1 b1 c1", "new a1", False),  # above the first is nothing that could be the same
    ],
)
def test_an_added_episode_may_change_only_what_is_below_it(
    one: str, two: str, *, holds: bool
) -> None:
    result = judged(ABOVE, feed(one), feed(two, LARGER))
    assert result.holds is holds, result.observed


def test_every_check_is_tested_here() -> None:
    tags = {kind.__struct_config__.tag for kind in get_args(AnyCheck)}
    tested = {row[0]["check"] for row in [*ONE_FEED, *TWO_FEEDS]} | {ABOVE["check"]}
    assert tested == tags


def test_a_result_says_what_was_observed() -> None:
    assert judged(where("share", where=ART, at_least=1), feed("a1 b1"), feed("a1")) == (
        False,
        "1 of the first 2 are Art",
    )
    assert judged(
        where("before", first={"id": "b1"}, then=ART), feed("a1"), feed("a1")
    ).observed == ("b1 at none, Art at 1")
    assert judged(where("same"), feed("a1 b1"), feed("a1")).observed == (
        "the first difference at 2: b1, then the end"
    )
