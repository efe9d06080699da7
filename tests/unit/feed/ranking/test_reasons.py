from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.model.engagement import ENGAGEMENT_TYPES
from feed.model.episode import Episode
from feed.model.timestamps import to_us
from feed.ranking import scorers
from feed.ranking.pipeline import Ranker, Slate
from feed.ranking.reasons import KEYS
from feed.scenarios.parameters import QualityParameters
from feed.session.reason_text import MAX_TITLE, render, render_all
from feed.session.request import SessionRequest, make_query
from tests.support.catalogs import NOW, catalog_of
from tests.support.scenarios import PLAIN


def ranked(catalog: Catalog, **fields: object) -> Slate:
    request = msgspec.convert(fields, SessionRequest)
    query = make_query(request, None, seed=0, now_us=to_us(NOW))
    return Ranker(catalog, PLAIN).rank(query)


def test_an_episode_is_explained_by_the_engaged_one_that_is_most_like_it(catalog: Catalog) -> None:
    a, b = np.flatnonzero(catalog.embeddings.present)[:2]
    engaged = [
        {"episode_id": catalog.ids[a], "type": "bookmark"},
        {"episode_id": catalog.ids[b], "type": "bookmark"},
    ]
    slate = ranked(catalog, engagements=engaged)
    for row, one, scores in zip(
        slate.rows, render_all(catalog, slate.reasons), slate.scores, strict=True
    ):
        nearest = max((a, b), key=lambda m: catalog.embeddings[m] @ catalog.embeddings[row])
        if scores[0] >= 300_000:
            assert one["key"] == "because_bookmark"
            assert one["params"] == {
                "episode_id": catalog.ids[nearest],
                "title": catalog.title(int(nearest)),
            }
        else:
            assert one["key"] in {"quality", "fresh", "discover"}


def test_a_stated_interest_is_the_reason_only_of_episodes_that_are_in_it(catalog: Catalog) -> None:
    slate = ranked(catalog, category_interests=["Chess"])
    seen = set()
    for row, one in zip(slate.rows, render_all(catalog, slate.reasons), strict=True):
        inside = [catalog.categories[int(c)] for c in catalog.categories_of(int(row))]
        seen.add(one["key"])
        if one["key"] == "interest":
            assert "Chess" in inside
            assert one["text"] == "You chose Chess"
            assert one["params"] == {"category": "Chess"}
        elif one["key"] == "near_interest":
            assert inside == []
            assert one["text"] == "Close to Chess, which you chose"
    assert {"interest", "near_interest"} <= seen


def test_an_episode_is_called_highly_rated_or_recent_only_where_it_is(catalog: Catalog) -> None:
    slate = ranked(catalog)
    quality = slate.scores[:, 1]
    middle = np.median(
        scorers.quality(catalog, QualityParameters())[~np.isnan(catalog.scores[:, :2]).any(1)]
    )
    seen = set()
    for place, one in enumerate(render_all(catalog, slate.reasons)):
        seen.add(one["key"])
        own = not np.isnan(catalog.scores[slate.rows[place], :2]).any()
        rated = own and quality[place] >= round(middle * 1e6)
        recent = slate.scores[place, 2] >= 500_000
        gave_more = 0.15 * slate.scores[place, 2] > 0.30 * quality[place]
        wanted = "discover" if not (rated or recent) else "quality" if rated else "fresh"
        if rated and recent and gave_more:
            wanted = "fresh"
        assert one["key"] == wanted
    assert {"quality", "discover"} <= seen


def test_where_nothing_is_rated_nothing_is_called_so(catalog: Catalog) -> None:
    unscored = replace(catalog, scores=np.full_like(catalog.scores, np.nan))
    keys = {one["key"] for one in render_all(unscored, ranked(unscored).reasons)}
    assert keys == {"fresh", "discover"}


def test_a_reason_that_leans_on_something_gone_becomes_a_plain_one(catalog: Catalog) -> None:
    gone = int(hash_strings(["gone"])[0])
    for key in ("interest", "because_like"):
        assert render(catalog, KEYS.index(key), gone)["key"] == "discover"


def test_codes_of_reasons_stay_what_they_are_in_cursors_that_are_out() -> None:
    first = ["discover", "quality", "fresh", "interest", "near_interest"]
    because = ["click", "listen", "complete", "bookmark", "like", "share", "not_interested"]
    known = [*first, *(f"because_{kind}" for kind in because), "recent_activity", "others"]
    known += ["series_followed", "series_heard", "unfinished", "trending", "trending_in", "unseen"]
    known += ["pinned"]
    assert list(KEYS[: len(known)]) == known


def test_every_reason_is_documented() -> None:
    text = (Path(__file__).parents[4] / "docs" / "api.md").read_text()
    assert not [key for key in KEYS if f"`{key}`" not in text]


def test_every_type_of_engagement_has_its_words(catalog: Catalog) -> None:
    known = int(catalog.id_hashes[0])
    texts = {
        render(catalog, KEYS.index(f"because_{kind}"), known)["text"] for kind in ENGAGEMENT_TYPES
    }
    assert len(texts) == len(ENGAGEMENT_TYPES)
    assert all(catalog.title(0) in str(text) for text in texts)


@pytest.mark.parametrize("title", ["no space " * 40, "長" * 300])
def test_a_long_title_is_cut_wherever_its_words_end(title: str) -> None:
    long = catalog_of([Episode(id="a", title=title, published_at=NOW)])
    said = render(long, KEYS.index("because_like"), int(long.id_hashes[0]))
    shown = str(said["params"]["title"])
    assert shown.endswith("…")
    assert title.startswith(shown[:-1])
    assert MAX_TITLE - 5 <= len(shown) <= MAX_TITLE
    assert shown in str(said["text"])


def test_a_short_title_stays_as_it_is() -> None:
    odd = catalog_of([Episode(id="a", title="Two  spaces", published_at=NOW)])
    said = render(odd, KEYS.index("because_like"), int(odd.id_hashes[0]))
    assert said["params"]["title"] == "Two  spaces"
