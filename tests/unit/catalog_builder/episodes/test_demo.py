import datetime as dt
from collections import Counter
from typing import Any

import msgspec
import pytest

from catalog_builder.episodes import demo
from feed.model.episode import Episode, Scores

Catalog = list[dict[str, Any]]

TODAY = dt.date(2026, 3, 2)
MIDNIGHT = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return demo.episodes(TODAY)


@pytest.fixture(scope="module")
def valid(catalog: Catalog) -> list[Episode]:
    """Every episode as the builder validates it; raises for an invalid one."""
    return msgspec.convert(catalog, list[Episode])


def test_is_large_and_varied_enough_for_a_feed(catalog: Catalog) -> None:
    majors = {major for episode in catalog for major in episode["categories"]["major"]}
    assert len(catalog) >= 600
    assert len({episode["series"]["id"] for episode in catalog}) >= 40
    assert len(majors) >= 10


def test_every_major_category_has_three_to_five_subcategories(catalog: Catalog) -> None:
    subs: dict[str, set[str]] = {}
    for episode in catalog:
        subs.setdefault(episode["categories"]["major"][0], set()).update(
            episode["categories"]["subcategories"]
        )
    assert all(3 <= len(names) <= 5 for names in subs.values())


def test_the_next_day_gives_the_same_episodes_one_day_later(catalog: Catalog) -> None:
    def a_day_later(episode: dict[str, Any]) -> dict[str, Any]:
        published = dt.datetime.fromisoformat(episode["published_at"]) + dt.timedelta(days=1)
        return episode | {"published_at": published.strftime("%Y-%m-%dT%H:%M:%SZ")}

    assert demo.episodes(TODAY + dt.timedelta(days=1)) == [a_day_later(e) for e in catalog]


def test_is_newest_first_from_yesterday_on(valid: list[Episode]) -> None:
    dates = [episode.published_at for episode in valid]
    assert dates == sorted(dates, reverse=True)
    assert MIDNIGHT - dt.timedelta(days=1) <= dates[0] < MIDNIGHT


def test_goes_back_two_hundred_days_with_most_of_it_recent(valid: list[Episode]) -> None:
    ages = [(MIDNIGHT - episode.published_at).days for episode in valid]
    assert 150 < max(ages) <= 200
    assert sum(age <= 90 for age in ages) > 0.7 * len(ages)


@pytest.mark.parametrize("field", ["id", "content_id", "title", "key_insight", "url"])
def test_no_two_episodes_share(catalog: Catalog, field: str) -> None:
    counts = Counter(episode[field] for episode in catalog)
    assert [value for value, count in counts.items() if count > 1] == []


def test_no_template_is_left_unfilled(catalog: Catalog) -> None:
    assert not [e["id"] for e in catalog if set("{}") & set(e["title"] + e["key_insight"])]


def test_scores_are_halves_and_some_are_missing(catalog: Catalog) -> None:
    scores = [score for episode in catalog for score in episode["scores"].values()]
    assert all(float(2 * score).is_integer() for score in scores)
    assert 0 < sum(len(episode["scores"]) < 4 for episode in catalog) < 0.1 * len(catalog)


def test_most_but_not_all_episodes_pass_the_quality_floors(valid: list[Episode]) -> None:
    def passes(scores: Scores | None) -> bool:
        scores = scores or Scores()
        credibility, insight = scores.credibility or 0, scores.insight or 0
        return credibility >= 2 and credibility + insight >= 5

    passing = sum(passes(episode.scores) for episode in valid)
    assert 0.8 * len(valid) < passing < len(valid)


def test_two_series_speak_another_language_and_a_few_episodes_are_explicit(
    catalog: Catalog,
) -> None:
    foreign = {(e["series"]["id"], e["language"]) for e in catalog if e["language"] != "en"}
    assert {language for _, language in foreign} == {"de", "es"}
    assert len(foreign) == 2
    assert 0 < sum(episode["explicit"] for episode in catalog) < 0.1 * len(catalog)
