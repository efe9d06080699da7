"""Listeners with planted interests find them on their personal shelves."""

from evaluation.home.commands import LEAST_SHARE
from evaluation.home.interest_shares import planted_listeners, planted_shares
from feed.home.assembly import HomeRanker
from feed.home.file import shipped
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped as scenarios
from tests.support.catalogs import NOW, catalog_of, episodes


def test_most_episodes_on_personal_shelves_are_of_a_planted_interest() -> None:
    catalog = catalog_of(episodes(500))
    listeners = list(planted_listeners(catalog, 15, to_us(NOW)))
    ranker = HomeRanker(Ranker(catalog, scenarios()["for_you"]), shipped())
    found = planted_shares(ranker, listeners, to_us(NOW))
    assert found.personal >= LEAST_SHARE
    assert found.share(["different"]) < 0.1
    others = planted_shares(ranker, [listeners[0]] * 3, to_us(NOW))
    assert others.share() == planted_shares(ranker, [listeners[0]], to_us(NOW)).share()
