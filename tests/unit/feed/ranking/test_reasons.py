from dataclasses import replace
from pathlib import Path

import numpy as np

from feed.catalog.catalog import Catalog
from feed.ranking import scorers
from feed.ranking.reasons import KEYS
from feed.session.reason_text import render_all
from tests.support.ranking import engagements, ranked
from tests.support.scenarios import PLAIN


def test_the_reason_is_the_most_similar_engaged_episode(catalog: Catalog) -> None:
    rows = np.flatnonzero(catalog.embeddings.present)[:2].tolist()
    slate = ranked(catalog, PLAIN, engagements=engagements(catalog, *rows, kind="bookmark"))
    cosines = catalog.embeddings[slate.rows] @ catalog.embeddings[rows].T
    reasons = render_all(catalog, slate.reasons)
    for index, similarity, reason in zip(
        cosines.argmax(axis=1), slate.scores[:, 0], reasons, strict=True
    ):
        if similarity >= 300_000:
            row = rows[index]
            assert reason.key == "because_bookmark"
            assert reason.params == {"episode_id": catalog.ids[row], "title": catalog.title(row)}
        else:
            assert reason.key in {"quality", "fresh", "discover"}


def test_a_declared_interest_is_the_reason_only_of_episodes_in_that_category(
    catalog: Catalog,
) -> None:
    slate = ranked(catalog, PLAIN, category_interests=["Chess"])
    reasons = render_all(catalog, slate.reasons)
    for row, reason in zip(slate.rows.tolist(), reasons, strict=True):
        own = [] if catalog.inherits_categories[row] else catalog.categories_of(row)
        inside = [catalog.categories[int(one)] for one in own]
        if reason.key == "interest":
            assert "Chess" in inside
            assert (reason.text, reason.params) == ("You chose Chess", {"category": "Chess"})
        elif reason.key == "near_interest":
            assert inside == []
            assert reason.text == "Close to Chess, which you chose"
    assert {"interest", "near_interest"} <= {reason.key for reason in reasons}


def test_only_a_highly_rated_or_recent_episode_is_called_so(catalog: Catalog) -> None:
    slate = ranked(catalog, PLAIN)
    every, known = scorers.quality(catalog, PLAIN.quality), ~np.isnan(catalog.scores[:, :2]).any(1)
    rated = (known & (every >= np.median(every[known])))[slate.rows]
    quality, recency = slate.scores[:, 1], slate.scores[:, 2]
    recent = recency >= 500_000
    fresh = recent & (~rated | (0.15 * recency > 0.30 * quality))
    expected = np.where(fresh, "fresh", np.where(rated, "quality", "discover")).tolist()
    assert [reason.key for reason in render_all(catalog, slate.reasons)] == expected
    assert {"quality", "discover"} <= set(expected)


def test_no_episode_without_scores_is_called_highly_rated(catalog: Catalog) -> None:
    unscored = replace(catalog, scores=np.full_like(catalog.scores, np.nan))
    reasons = render_all(unscored, ranked(unscored, PLAIN).reasons)
    assert {reason.key for reason in reasons} == {"fresh", "discover"}


def test_a_code_means_the_same_reason_in_cursors_already_issued() -> None:
    types = ["click", "listen", "complete", "bookmark", "like", "share", "not_interested"]
    known = ["discover", "quality", "fresh", "interest", "near_interest"]
    known += [f"because_{kind}" for kind in types] + ["recent_activity", "others"]
    known += ["series_followed", "series_heard", "unfinished", "trending", "trending_in", "unseen"]
    known += ["pinned"]
    assert list(KEYS[: len(known)]) == known


def test_every_reason_is_documented() -> None:
    text = (Path(__file__).parents[4] / "docs" / "api.md").read_text()
    assert not [key for key in KEYS if f"`{key}`" not in text]
