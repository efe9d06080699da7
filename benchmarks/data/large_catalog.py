"""A large synthetic catalog, generated as arrays.

A million `Episode` objects would take minutes and gigabytes.
"""

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import numpy as np
import numpy.typing as npt

from benchmarks.data.vectors import clustered_vectors
from catalog_builder.build import build_catalog
from catalog_builder.vectors.cosine_scale import cosine_scale
from catalog_builder.vectors.inverted_file import MIN_CLUSTERED, build_inverted_file
from catalog_builder.vectors.projection import build_projection
from feed.arrays.hash_index import HashIndex
from feed.arrays.hashing import hash_strings
from feed.arrays.strings import Strings
from feed.catalog.cards import Cards
from feed.catalog.catalog import Catalog
from feed.catalog.insights import Insights
from feed.catalog.signals import HALF_LIVES_DAYS, Signals
from feed.model.engagement import ENGAGEMENT_TYPES, Engagement, Summary
from feed.model.episode import Categories, Episode
from feed.model.timestamps import DAY_US, to_us
from feed.ports.episodes import Vectors
from feed.session.request import SessionRequest, make_query
from feed.user.query import Query
from feed.vectors.embeddings import Embeddings
from feed.vectors.int16 import Int16Vectors

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CARD_BYTES = 600
EPISODES_PER_SERIES = 50
CATEGORIES = 20
DAYS = 4 * 365
NEIGHBOURS = 10
ENGAGEMENTS = 500
EXCLUSIONS = 2_000
INTERESTS = 4


def large_catalog(count: int, dimension: int) -> Catalog:
    """A catalog of `count` synthetic episodes with everything that a session reads."""
    rng = np.random.default_rng(7)
    names = [f"Category {number}" for number in range(CATEGORIES)]
    first = Episode(id="-", title="-", published_at=NOW, categories=Categories(major=names))
    one = build_catalog([first], Vectors(np.ones((1, dimension)), np.ones(1, np.bool_), "-"), NOW)
    ids = [f"episode-{number:012}" for number in range(count)]
    hashes = hash_strings(ids)
    every = np.arange(count)
    series_ids = [f"series-{number}" for number in range(-(-count // EPISODES_PER_SERIES))]
    embeddings = clustered_vectors(count, dimension)
    members = rng.integers(CATEGORIES, size=count).astype(np.int32)
    anchors = np.stack([_mean(embeddings[members == one]) for one in range(CATEGORIES)])
    present = np.ones(count, np.bool_)
    held = Embeddings.exact(embeddings, present)
    held = replace(held, inverted_file=build_inverted_file(embeddings, present))
    if count >= MIN_CLUSTERED:  # as the builder does
        held = replace(held, float32=embeddings[:0], int16=Int16Vectors.of(embeddings))
    published_us = to_us(NOW) - rng.integers(DAYS * DAY_US, size=count)
    if count >= MIN_CLUSTERED:  # as the builder does
        published_us[::-1].sort()
    return replace(
        one,
        ids=Strings.of(ids),
        id_index=HashIndex.of_hashes(hashes, every),
        id_hashes=hashes,
        content_index=HashIndex.of([""] * count),
        cards=_cards(ids),
        source_order=every.astype(np.int32),
        published_us=published_us,
        scores=rng.integers(2, 6, size=(count, 4)).astype(np.float64),
        estimated_scores=np.zeros(0, np.float32),
        explicit=np.zeros(count, np.uint8),
        durations_s=np.random.default_rng(9).integers(300, 7200, count).astype(np.float32),
        series=(np.random.default_rng(8).permutation(count) // EPISODES_PER_SERIES).astype(
            np.int32
        ),
        series_ids=Strings.of(series_ids),
        series_names=Strings.of(series_ids),
        series_index=HashIndex.of(series_ids),
        language=np.full(count, -1, np.int32),
        category_starts=np.arange(count + 1),
        category_members=members,
        inherited_categories=np.zeros(0, np.uint8),
        embeddings=held,
        anchors=anchors,
        cosine_scale=cosine_scale(embeddings),
        title_hashes=hashes,
        signals=_signals(count, len(series_ids), rng),
        projection=build_projection(embeddings, present, anchors),
        insights=Insights.none(),
    )


_CARD = (
    b'{"id":"%s","content_id":"%s","title":"%s","series":null,'
    b'"published_at":"2026-02-06T00:00:00Z","scores":{}}'
)


def queries(catalog: Catalog, count: int) -> list[Query]:
    """Queries of `count` heavy users: 500 engagements and 2,000 exclusions around 4 interests."""
    made = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        near, _ = neighbourhoods(catalog, seed)
        heard = rng.permutation(near)[: ENGAGEMENTS + EXCLUSIONS].tolist()
        kinds = rng.choice(len(ENGAGEMENT_TYPES), size=ENGAGEMENTS).tolist()
        engagements = tuple(
            Engagement(
                id=f"{at}",
                episode_id=catalog.ids[row],
                type=ENGAGEMENT_TYPES[kind],
                timestamp_us=to_us(NOW) - at * DAY_US // 10,
            )
            for at, (row, kind) in enumerate(zip(heard, kinds, strict=False))
        )
        fields = {"excluded_ids": [catalog.ids[row] for row in heard[ENGAGEMENTS:]]}
        request = msgspec.convert(fields, SessionRequest)
        summary = Summary(engagements=engagements)
        made.append(make_query(request, summary, seed=seed, now_us=to_us(NOW)))
    return made


def neighbourhoods(catalog: Catalog, seed: int) -> tuple[npt.NDArray[np.int64], list[int]]:
    """Rows near 4 random episodes, without these, and the rows of the 4 episodes."""
    rng = np.random.default_rng(seed)
    interests = rng.choice(len(catalog), INTERESTS, replace=False)
    asked = catalog.embeddings[interests]
    cosines = catalog.embeddings[:] @ asked.T
    most = min(len(catalog), 2 * (ENGAGEMENTS + EXCLUSIONS) // INTERESTS)
    near = np.argpartition(-cosines, most - 1, axis=0)[:most]
    return np.setdiff1d(near, interests), interests.tolist()


def _cards(ids: list[str]) -> Cards:
    """Cards whose titles are pieces of one long text."""
    rng = np.random.default_rng(0)
    words = [f"{one:x}".encode() for one in rng.integers(1 << 24, size=5_000).tolist()]
    text = b" ".join(words[one] for one in rng.integers(len(words), size=100_000).tolist())
    starts = rng.integers(len(text) - CARD_BYTES, size=len(ids)).tolist()

    def card(at: int) -> bytes:
        name, title = ids[at].encode(), text[starts[at] : starts[at] + CARD_BYTES - 140]
        return _CARD % (name, name, title)

    every = range(len(ids))
    return Cards.of(map(card, every), [card(at) for at in every[:: max(1, len(ids) // 64)]])


def _mean(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    mean = rows.sum(axis=0)
    unit: npt.NDArray[np.float32] = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return unit


def _signals(count: int, series: int, rng: np.random.Generator) -> Signals:
    """Signals in which one episode in five is popular, and each has 10 neighbours."""
    chosen = rng.random(count) < 1 / 5
    people = np.where(chosen, rng.integers(5, 1000, size=count), 0).astype(np.int32)
    fading = people[:, None] * rng.random((count, len(HALF_LIVES_DAYS)))
    rows = rng.integers(count, size=count * NEIGHBOURS).astype(np.int32)
    return replace(
        Signals.none(count, series),
        listeners=people,
        popularity=np.sort(fading, axis=1).astype(np.float32),
        neighbour_starts=np.arange(count + 1) * NEIGHBOURS,
        neighbour_rows=rows,
        neighbour_weights=np.ones(len(rows), np.float32),
    )
