"""What the builder fills in depends on the catalog, not on the order in which it is read."""

from datetime import timedelta
from typing import Any

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_builder.enrichment.enrich import enrich
from feed.model.episode import Episode
from tests.support.catalogs import NOW, catalog_of

WORDS = st.sampled_from(
    [
        "Marissa",
        "Mayer",
        "Jellyfin",
        "bread",
        "with",
        "the",
        "author",
        "of",
        "Aires.",
        "Buenos",
        "a",
    ]
)
TEXTS = st.lists(WORDS, max_size=14).map(" ".join)
SHOWS = st.sampled_from([None, {"id": "s", "name": "Bread Talk"}, {"id": "t", "name": "Mills"}])


@st.composite
def episodes(draw: st.DrawFn) -> list[Episode]:
    """Some episodes that lack this or that."""
    found = []
    for number in range(draw(st.integers(2, 14))):
        record: dict[str, Any] = {
            "id": f"e{number}",
            "title": draw(TEXTS).strip() or "Title",
            "published_at": NOW - timedelta(hours=draw(st.integers(0, 90_000))),
            "description": draw(TEXTS),
            "series": draw(SHOWS),
            "duration_s": draw(st.sampled_from([None, 60, 600, 3600])),
            "categories": draw(st.sampled_from([None, {"major": ["Baking"]}, {"major": ["News"]}])),
            "people": draw(st.sampled_from([None, [], ["Marissa Mayer"]])),
            "authors": draw(st.sampled_from([None, ["Anna Schmidt"], ["Radio"]])),
            "url": draw(st.sampled_from([None, "https://example.com"])),
            "scores": draw(
                st.sampled_from([None, {"insight": 3}, {"credibility": 4, "insight": 1}])
            ),
        }
        found.append(msgspec.convert(record, Episode))
    return found


def estimates(some: list[Episode]) -> dict[str, float]:
    catalog = catalog_of(some)
    return dict(zip(catalog.ids, np.nan_to_num(catalog.estimated_scores, nan=-1.0), strict=True))


@settings(max_examples=25, deadline=None)
@given(episodes(), st.randoms(use_true_random=False))
def test_the_order_of_the_episodes_does_not_matter(some: list[Episode], rng: Any) -> None:
    shuffled = rng.sample(some, len(some))
    assert {one.id: one for one in enrich(shuffled)} == {one.id: one for one in enrich(some)}
    assert estimates(shuffled) == estimates(some)


@settings(max_examples=25, deadline=None)
@given(episodes(), st.data())
def test_an_episode_with_more_is_never_estimated_lower_than_before_against_another(
    some: list[Episode], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(some) - 1))
    more = data.draw(
        st.sampled_from(
            [
                {"url": "https://example.com"},
                {"image_url": "https://example.com/1.jpg"},
                {"people": ["Somebody"]},
                {"description": (some[place].description or "") + " and more of it"},
            ]
        )
    )
    fuller = [*some]
    fuller[place] = msgspec.structs.replace(some[place], **more)
    before, after = estimates(some), estimates(fuller)
    name = some[place].id
    for other in before.keys() - {name}:
        if min(before[name], before[other]) >= 0.0:
            assert after[name] - after[other] >= before[name] - before[other] - 1e-5
