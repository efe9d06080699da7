from typing import Any

import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.model.timestamps import to_us
from feed.ranking.compiled_rules import matcher
from feed.ranking.filters import age_days
from feed.ranking.pipeline import Slate
from feed.scenarios.rules import Where
from feed.scenarios.scenario import parse
from feed.session.answers import Reason
from feed.session.reason_text import render_all
from tests.support.catalogs import NOW
from tests.support.ranking import ranked

HEAD = 'name = "mine"\n[filters]\nmin_credibility = 0\nmin_combined = 0\nfreshness_days = []\n'


def ruled(catalog: Catalog, rules: str, **request: Any) -> Slate:
    """The slate under these rules and no quality floors."""
    return ranked(catalog, parse(HEAD + rules), **request)


def pin(slot: int, *series: str) -> str:
    return f"[[rules.pins]]\nslot = {slot}\nwhere = {{ series = {list(series)} }}\n"


def ages_of(catalog: Catalog) -> Any:
    return age_days(catalog.published_us, to_us(NOW))


def test_a_filter_hides_the_episodes_that_match(catalog: Catalog) -> None:
    category = catalog.categories[0]
    slate = ruled(
        catalog, f'[[rules.filters]]\nshow = "never"\nwhere = {{ categories = ["{category}"] }}'
    )
    shown = {one for row in slate.rows.tolist() for one in catalog.categories_of(row).tolist()}
    assert len(slate.rows)
    assert 0 not in shown
    assert slate.trace.removed["rules.filters[0]"] > 0


def test_a_filter_shows_only_the_episodes_that_match(catalog: Catalog) -> None:
    series = catalog.series_ids[1]
    slate = ruled(
        catalog,
        f'[selector]\nrelax_below = 20\n[[rules.filters]]\nshow = "only"\n'
        f'where = {{ series = ["{series}", "no such"], max_age_days = 40 }}',
    )
    assert len(slate.rows) > 1
    assert set(catalog.series[slate.rows].tolist()) == {1}
    assert ages_of(catalog)[slate.rows].max() <= 40


def test_an_episode_matches_if_it_meets_every_condition(catalog: Catalog) -> None:
    ages, rows = ages_of(catalog), np.arange(len(catalog))
    where = Where(
        categories=(catalog.categories[0], catalog.categories[1]),
        series=(catalog.series_ids[0], catalog.series_ids[2]),
        min_age_days=10,
        max_age_days=60,
    )
    expected = [
        bool(set(catalog.categories_of(row).tolist()) & {0, 1})
        and catalog.series[row] in {0, 2}
        and 10 <= ages[row] <= 60
        for row in rows.tolist()
    ]
    found = matcher(catalog, where)
    assert found.match(rows, ages).tolist() == expected
    assert found.match(rows[::3], ages[::3]).tolist() == expected[::3]


@pytest.mark.parametrize("explicit", [True, False])
def test_explicit_and_language_are_as_the_publisher_says(catalog: Catalog, explicit: bool) -> None:
    def matching(**where: Any) -> list[bool]:
        found = matcher(catalog, Where(**where)).match(slice(None), ages_of(catalog))
        return found.tolist()

    assert matching(explicit=explicit) == ((catalog.explicit == 1) == explicit).tolist()
    tag = f"{catalog.languages[0].upper()}-XX"
    assert matching(languages=(tag,)) == (catalog.language == 0).tolist()
    assert not any(matching(languages=("tlh",)))
    assert not any(matching(categories=("no such",)))


def test_boosts_are_added_to_the_score_and_show_in_the_trace(catalog: Catalog) -> None:
    series = catalog.series_ids[3]
    rule = f'[[rules.boosts]]\nadd = 0.5\nwhere = {{ series = ["{series}"] }}\n'
    plain, boosted = ruled(catalog, ""), ruled(catalog, rule + rule.replace("0.5", "-0.25"))
    assert set(boosted.trace.parts["boost"]) == {0.0, 0.25}
    assert "boost" not in plain.trace.parts
    before = dict(zip(plain.rows.tolist(), plain.scores[:, 3].tolist(), strict=True))
    for row, score in zip(boosted.rows.tolist(), boosted.scores[:, 3].tolist(), strict=True):
        if row in before:
            assert score - before[row] == (250_000 if catalog.series[row] == 3 else 0)
    assert catalog.series[boosted.rows[0]] == 3


def test_a_pinned_slot_goes_to_the_best_episode_that_matches_and_passes_the_filters(
    catalog: Catalog,
) -> None:
    series = catalog.series_ids[3]
    slate = ruled(catalog, pin(4, series))
    assert catalog.series[slate.rows[3]] == 3
    assert render_all(catalog, slate.reasons)[3] == Reason("pinned", {}, "Picked by the editors")
    assert "pinned" in slate.trace.proposed_by[3]
    assert len(set(slate.rows.tolist())) == len(slate.rows)
    muted = ruled(catalog, pin(4, series), muted_series=[series])
    assert 3 not in catalog.series[muted.rows]
    assert "pinned" not in {one.key for one in render_all(catalog, muted.reasons)}


def test_a_pinned_episode_needs_no_source_that_brings_it(catalog: Catalog) -> None:
    worst = int(np.nanargmin(catalog.scores[:, 0] + catalog.scores[:, 1]))
    series, age = catalog.series_ids[int(catalog.series[worst])], ages_of(catalog)[worst]
    ages = f"min_age_days = {age}, max_age_days = {age} }}"
    rules = "[sources]\ncandidates = 1\n" + pin(1, series).replace(" }", f", {ages}")
    assert ruled(catalog, rules).rows[0] == worst


def test_pins_that_share_episodes_and_pins_without_any_leave_a_feed(catalog: Catalog) -> None:
    one, two = catalog.series_ids[3], catalog.series_ids[5]
    slate = ruled(catalog, pin(1, one) + pin(2, one, two) + pin(3, "no such"))
    assert catalog.series[slate.rows[0]] == 3
    assert catalog.series[slate.rows[1]] in {3, 5}
    assert len(slate.rows) > 10
