"""A report shows what was measured, in numbers and tables."""

import math
import re

import numpy as np
import pytest

from evaluation.data.events import Events
from evaluation.offline import replay
from evaluation.offline.protocol import targets
from evaluation.offline.result import OfflineResult
from evaluation.offline.scenario_recommender import ScenarioRecommender
from evaluation.report import accuracy
from evaluation.report.page import (
    html_table,
    number,
    page,
    signed,
    text_table,
    with_interval,
)
from evaluation.report.session_sample import POSITIONS, TOP, sample_sessions
from evaluation.report.worst_served import worst_served
from feed.scenarios.scenario import shipped
from feed.session.reason_text import render_all
from tests.support.interactions import EPISODES, FixedScores, event, history, rows_of, training_of

USERS = {"ann": 20, "bob": 21, "cyd": 22, "dan": 23}
"""and what each chose next"""
KNOWN = training_of(
    [
        *(one for user in USERS for one in history(user, [0, 1, 2, 3, 4])),
        *(one for user in ("x", "y") for one in history(user, [20, 21, 22])),
    ]
)
ASKED = targets(KNOWN, Events.from_rows([event(user, n, -1) for user, n in USERS.items()]))
RANKING = ScenarioRecommender(KNOWN, shipped()["for_you"])


def outcome(name: str, *order: int) -> OfflineResult:
    """How a ranking does that shows these first, in this order, to everybody."""
    scores = np.zeros(EPISODES)
    scores[rows_of(KNOWN, order)] = np.arange(len(order), 0, -1)
    return replay.measure(FixedScores(scores, name), KNOWN, ASKED, (10,))


def test_two_rankings_are_compared_user_by_user() -> None:
    one, two = outcome("one", 20, 21, 22, 23), outcome("two", 21, 20, 22, 9, 23)
    shown = accuracy.comparison(one, two, seed=0)
    assert "Of 4 users 2 found their next choice earlier with one, 1 with two, 1 equally" in shown
    pairs = zip(one.lists[:, :10].tolist(), two.lists[:, :10].tolist(), strict=True)
    common = np.mean([len(set(here) & set(there)) for here, there in pairs])
    assert f"share {common:.1f} of the first ten" in shown


@pytest.mark.parametrize(("better", "said"), [((20, 21, 22, 23), "clear"), ((9, 20), "")])
def test_a_difference_is_clear_if_its_interval_excludes_zero(
    better: tuple[int, ...], said: str
) -> None:
    worst = [n for n in range(5, 20) if n != 9]
    one, two = outcome("one", *better), outcome("two", 9, *worst)
    for pair in [(one, two), (two, one)]:
        compared = accuracy.comparison(*pair, seed=0)
        (row,) = re.findall(r"<tr><td>recall@10</td>.*?</tr>", compared)
        assert row.endswith(f"<td>{said}</td></tr>")


def test_the_best_value_of_a_metric_is_bold_where_more_is_better() -> None:
    good, bad = outcome("good", 20, 21, 22, 23), outcome("bad", 9, 8, 7)
    shown = accuracy.metrics_tables([good, bad])
    names = [name for name in re.findall(r"<th>([^<]*)</th>", shown) if name]
    assert sorted(names) == sorted(good.metrics)
    for one, other in [(good, bad), (bad, good)]:
        rows = "".join(re.findall(rf"<tr><td>{one.name}</td>(.*?)</tr>", shown))
        bold = [kind == "best" for kind in re.findall(r'<td class="(\w*)">', rows)]
        assert bold == [
            one.metrics[name] >= other.metrics[name]
            and not name.startswith(("novelty", "series_entropy"))
            for name in names
        ]


def test_users_served_worst_are_those_whose_known_choice_scored_lowest() -> None:
    shown = worst_served(RANKING, KNOWN, ASKED)
    names = re.findall(r"<h3>(\w+)</h3>", shown)
    above = {}
    for user, row, cold in zip(ASKED.users, ASKED.rows.tolist(), ASKED.cold, strict=True):
        scores = RANKING.score(user)
        unseen = [at for at in range(EPISODES) if at not in user.seen]
        if not cold and KNOWN.catalog.published_us[row] <= KNOWN.now_us:
            above[user.user_id] = sum(bool(scores[at] > scores[row]) for at in unseen)
    assert set(names) == above.keys() == {"ann", "bob", "cyd"}  # nobody had touched dan's
    assert [above[name] for name in names] == sorted(above.values(), reverse=True)
    place = above[names[0]] + 1
    assert f"Its score ranks at {place} among" in shown
    assert worst_served(RANKING, KNOWN, ASKED, count=1).count("<article") == 1


def test_parts_reasons_and_sources_are_those_of_the_queues() -> None:
    found = sample_sessions(RANKING, ASKED.users)
    slates = [RANKING.slate(user) for user in ASKED.users]
    keys = [reason.key for one in slates for reason in render_all(KNOWN.catalog, one.reasons)[:TOP]]
    assert found.shown == len(keys)
    assert dict(found.reasons) == {key: keys.count(key) for key in set(keys)}
    for name, given in found.parts.items():
        first = np.mean([one.trace.parts[name][0] for one in slates])
        assert given.shape == (POSITIONS,)
        assert given[0] == pytest.approx(first)
    proposed = [names for one in slates for names in one.trace.proposed_by[:TOP]]
    assert sum(found.sources.values()) == sum(len(names) for names in proposed)
    assert found.latency_ms.shape == (len(ASKED),)


def test_a_page_escapes_its_headings_and_links_to_each_section() -> None:
    made = page(
        "A <b>", ["<i>lead</i>"], [("One & two", "<p>1</p>"), ("Three", html_table(["<x>"], []))]
    )
    text = made.decode()
    assert "<title>A &lt;b&gt;</title>" in text
    assert "<p><i>lead</i></p>" in text
    assert '<a href="#one---two">One &amp; two</a>' in text
    assert '<h2 id="one---two">One &amp; two</h2><p>1</p>' in text
    assert "<th>&lt;x&gt;</th>" in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.248, ".248"),
        (0.0, ".000"),
        (-0.0314, "-.031"),
        (-0.0001, ".000"),
        (0.9996, "1.000"),
        (1.0, "1.00"),
        (10.05, "10.05"),
        (5.213, "5.21"),
        (-12.0, "-12.00"),
        (None, "-"),
        (math.nan, "-"),
    ],
)
def test_a_number_has_three_digits_and_no_leading_zero(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_a_difference_has_its_sign_and_an_interval_its_bounds() -> None:
    assert (signed(0.031), signed(-0.5), signed(math.nan)) == ("+.031", "-.500", "-")
    assert with_interval(0.25, (0.2, None)) == ".250 [.200, -]"


def test_columns_are_aligned_with_their_headings() -> None:
    rows = [["for_you", "1"], ["x", "12345"]]
    assert text_table(["", "mrr"], rows) == "           mrr\nfor_you      1\nx        12345"
    assert text_table(["", "mrr"], rows, right=False) == "         mrr\nfor_you  1\nx        12345"
