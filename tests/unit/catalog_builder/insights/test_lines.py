"""Insights as lines of text."""

from dataclasses import replace

from catalog_builder.insights.lines import insight_lines, sparkline
from feed.catalog.insights import Insights
from tests.support.insights import archive, burst, catalog_with, steady_users

ARCHIVE = archive([f"Name {letter}" for letter in "abcdefgh"])


def test_each_insight_is_a_line_and_those_that_rise_come_first() -> None:
    extra = burst(ARCHIVE[:4], range(40))
    users = [[*one, *extra.get(user, [])] for user, one in enumerate(steady_users(ARCHIVE))]
    catalog = catalog_with(ARCHIVE, users)
    header, *lines = insight_lines(catalog, 3)
    assert header == f"{catalog.version}: 8 insights, 1 rising"
    assert [line.split()[0] for line in lines] == ["L-", "--", "--"]
    assert "entity Name a" in lines[0]


def test_a_catalog_without_insights_says_so() -> None:
    older = replace(catalog_with(ARCHIVE), insights=Insights.none())
    assert list(insight_lines(older, 3)) == ["built without insights"]


def test_a_sparkline_goes_from_nothing_to_the_largest_number() -> None:
    assert sparkline([0, 5, 10]) == "▁▄█"
    assert sparkline([0, 0]) == "▁▁"
