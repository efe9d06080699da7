"""What a team decides over the heads of the numbers."""

from typing import Any

import msgspec
import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.model.timestamps import to_us
from feed.ranking.compiled_rules import matcher
from feed.ranking.filters import age_days
from feed.ranking.pipeline import Ranker, Slate
from feed.scenarios import scenario as scenarios
from feed.scenarios.rules import Where
from feed.scenarios.scenario import ScenarioError, parse
from feed.session.reason_text import render_all
from feed.session.request import SessionRequest, make_query
from tests.support.catalogs import NOW

US = to_us(NOW)
HEAD = 'name = "mine"\n[filters]\nmin_credibility = 0\nmin_combined = 0\nfreshness_days = []\n'


def ranked(catalog: Catalog, rules: str, **request: Any) -> Slate:
    asked = msgspec.convert(request, SessionRequest)
    return Ranker(catalog, parse(HEAD + rules)).rank(make_query(asked, None, seed=0, now_us=US))


def ages_of(catalog: Catalog) -> Any:
    return age_days(catalog.published_us, US)


def test_a_filter_never_shows_whom_it_names(catalog: Catalog) -> None:
    category = catalog.categories[0]
    slate = ranked(
        catalog, f'[[rules.filters]]\nshow = "never"\nwhere = {{ categories = ["{category}"] }}'
    )
    shown = {one for row in slate.rows.tolist() for one in catalog.categories_of(row).tolist()}
    assert len(slate.rows)
    assert 0 not in shown
    assert slate.trace.removed["rules.filters[0]"] > 0


def test_a_filter_shows_only_whom_it_names(catalog: Catalog) -> None:
    series = catalog.series_ids[1]
    slate = ranked(
        catalog,
        f'[selector]\nrelax_below = 20\n[[rules.filters]]\nshow = "only"\n'
        f'where = {{ series = ["{series}", "no such"], max_age_days = 40 }}',
    )
    assert len(slate.rows) > 1
    assert set(catalog.series[slate.rows].tolist()) == {1}
    assert ages_of(catalog)[slate.rows].max() <= 40


def test_a_rule_holds_where_all_of_it_holds(catalog: Catalog) -> None:
    ages, every = ages_of(catalog), np.arange(len(catalog))
    where = Where(
        categories=(catalog.categories[0], catalog.categories[1]),
        series=(catalog.series_ids[0], catalog.series_ids[2]),
        min_age_days=10,
        max_age_days=60,
    )
    slow = [
        bool(set(catalog.categories_of(row).tolist()) & {0, 1})
        and catalog.series[row] in {0, 2}
        and 10 <= ages[row] <= 60
        for row in every.tolist()
    ]
    found = matcher(catalog, where)
    assert found.match(slice(None), ages).tolist() == slow
    assert found.match(every[::3], ages[::3]).tolist() == slow[::3]


@pytest.mark.parametrize("explicit", [True, False])
def test_explicit_and_language_are_as_the_publisher_says(catalog: Catalog, explicit: bool) -> None:
    ages = ages_of(catalog)
    found = matcher(catalog, Where(explicit=explicit)).match(slice(None), ages)
    assert found.tolist() == ((catalog.explicit == 1) == explicit).tolist()
    tag = catalog.languages[0]
    spoken = matcher(catalog, Where(languages=(f"{tag.upper()}-XX",))).match(slice(None), ages)
    assert spoken.tolist() == (catalog.language == 0).tolist()
    assert not matcher(catalog, Where(languages=("tlh",))).match(slice(None), ages).any()
    assert not matcher(catalog, Where(categories=("no such",))).match(slice(None), ages).any()


def test_a_boost_is_added_and_shows_in_the_trace(catalog: Catalog) -> None:
    series = catalog.series_ids[3]
    rule = f'[[rules.boosts]]\nadd = 0.5\nwhere = {{ series = ["{series}"] }}\n'
    plain, boosted = ranked(catalog, ""), ranked(catalog, rule + rule.replace("0.5", "-0.25"))
    assert set(boosted.trace.parts["boost"]) == {0.0, 0.25}
    assert "boost" not in plain.trace.parts
    where = dict(zip(plain.rows.tolist(), plain.scores[:, 3].tolist(), strict=True))
    for row, score in zip(boosted.rows.tolist(), boosted.scores[:, 3].tolist(), strict=True):
        if row in where:
            assert score - where[row] == (250_000 if catalog.series[row] == 3 else 0)
    assert catalog.series[boosted.rows[0]] == 3


def test_a_pinned_slot_goes_to_the_best_of_whom_it_names(catalog: Catalog) -> None:
    series = catalog.series_ids[3]
    pin = f'[[rules.pins]]\nslot = 4\nwhere = {{ series = ["{series}"] }}\n'
    slate = ranked(catalog, pin)
    assert catalog.series[slate.rows[3]] == 3
    assert render_all(catalog, slate.reasons)[3] == {
        "key": "pinned",
        "params": {},
        "text": "Picked by the editors",
    }
    assert "pinned" in slate.trace.proposed_by[3]
    assert len(set(slate.rows.tolist())) == len(slate.rows)
    # It yields to who is asked: what is excluded or filtered is pinned for nobody.
    muted = ranked(catalog, pin, muted_series=[series])
    assert 3 not in catalog.series[muted.rows]
    assert "pinned" not in {one["key"] for one in render_all(catalog, muted.reasons)}


def test_a_pin_brings_whom_no_source_would(catalog: Catalog) -> None:
    worst = int(np.nanargmin(catalog.scores[:, 0] + catalog.scores[:, 1]))
    series = catalog.series_ids[int(catalog.series[worst])]
    rules = (
        f"[sources]\ncandidates = 1\n[[rules.pins]]\nslot = 1\n"
        f'where = {{ series = ["{series}"], min_age_days = {ages_of(catalog)[worst]}, '
        f"max_age_days = {ages_of(catalog)[worst]} }}"
    )
    assert ranked(catalog, rules).rows[0] == worst


def test_two_pins_and_the_rest_make_a_feed(catalog: Catalog) -> None:
    one, two = catalog.series_ids[3], catalog.series_ids[5]
    slate = ranked(
        catalog,
        f'[[rules.pins]]\nslot = 1\nwhere = {{ series = ["{one}"] }}\n'
        f'[[rules.pins]]\nslot = 2\nwhere = {{ series = ["{one}", "{two}"] }}\n'
        f'[[rules.pins]]\nslot = 3\nwhere = {{ series = ["no such"] }}\n',
    )
    assert catalog.series[slate.rows[0]] == 3
    assert catalog.series[slate.rows[1]] in {3, 5}
    assert len(slate.rows) > 10


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ('[[rules.pins]]\nslot = 1\nwhere = { topic = ["Go"] }', "unknown field `topic`"),
        (
            '[[rules.filters]]\nshow = "maybe"\nwhere = { explicit = true }',
            "rules.filters[0].show",
        ),
        ("[[rules.filters]]\nshow = 'never'\nwhere = {}", "`$.rules.filters[0].where`"),
        ("[[rules.boosts]]\nadd = 11\nwhere = { explicit = true }", "rules.boosts[0].add"),
        ("[[rules.pins]]\nslot = 0\nwhere = { explicit = true }", "rules.pins[0].slot"),
        (2 * "[[rules.pins]]\nslot = 7\nwhere = { explicit = true }\n", "`$.rules.pins[1].slot`"),
        (
            "[[rules.boosts]]\nadd = 1\nwhere = { min_age_days = 9, max_age_days = 8 }",
            "expected at least 9 - at `$.rules.boosts[0].where.max_age_days`",
        ),
        ("[rules]\npromote = []", "unknown field `promote`"),
    ],
)
def test_a_rule_that_says_nothing_sensible_is_refused(rules: str, message: str) -> None:
    with pytest.raises(ScenarioError) as error:
        parse(f'name = "mine"\n{rules}')
    assert message in str(error.value)


def test_no_shipped_scenario_has_rules() -> None:
    assert all(
        not any(msgspec.to_builtins(one.rules).values()) for one in scenarios.shipped().values()
    )
