"""Candidate generation: what all sources return for a query, merged, and how similar each is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, group_by
from feed.arrays.orderings import take_allowed
from feed.ranking import filters
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.eligibility import Eligibility
from feed.ranking.external_search import SearchResult
from feed.ranking.similarity import UserSimilarity
from feed.ranking.sources import NAMES, Found, from_each_source
from feed.user.features import UserFeatures

SourceBits = npt.NDArray[np.uint16]


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """k episodes considered for one query, with what the later stages need to know of each."""

    rows: IntArray
    """(k,) catalog rows, in the order in which the sources returned them"""
    sources: SourceBits
    """(k,) the sources that returned each: bit i is set for the source `NAMES[i]`"""
    counts_by_source: Mapping[str, int]
    """number of rows that each source returned, duplicates included"""
    age_days: IntArray
    """(k,) whole days since publication"""
    vectors: npt.NDArray[np.float32] | None
    """(k, D) embeddings; None where the catalog does not hold them in memory"""
    similarity: FloatArray
    """(k,) cosine with the user vector, or a neutral value"""
    has_cosines: bool
    """whether `similarity` holds cosines"""
    interest: FloatArray
    """(k,) cosine with the nearest interest, 0 where the user has none"""
    dislike: FloatArray
    """(k,) cosine with the nearest disliked episode, 0 to 1; 0 where the scenario ignores it"""
    seed_similarity: FloatArray
    """(k,) cosine with the nearest episode of the feed seed, 0 to 1; 0 for a seed of words"""

    def is_from(self, source: str) -> BoolArray:
        """(k,) whether each candidate came from this source."""
        return _is_from(self.sources, source)


def generate_candidates(
    features: CatalogFeatures,
    user: UserFeatures,
    eligible: Eligibility,
    search_result: SearchResult | None,
    more: Iterable[Found] = (),
) -> Candidates:
    """Ask all sources for episodes, merge them, and fill up with the best by quality.

    `search_result` is the answer of an external search, where one was needed and answered; `more`
    are eligible rows that are candidates beside those of the sources.
    """
    similarity = UserSimilarity(features, user, search_result)
    returned = [*from_each_source(features, user, eligible, similarity), *more]
    rows, sources = merge_sources(returned)
    lacking = features.scenario.sources.candidates - len(rows)
    if lacking > 0 and (features.scenario.sources.fill or not similarity.has_cosines):
        rest = eligible.allowed.copy()
        rest[rows] = False
        returned.append(("best_quality", take_allowed(features.best_first, rest, lacking)))
        rows, sources = merge_sources(returned)
    ages, vectors = eligible.age_days(rows), similarity.vectors(rows)
    return _measured(similarity, rows, sources, counts_by_source(returned), ages, vectors)


def every_episode(
    features: CatalogFeatures, user: UserFeatures, search_result: SearchResult | None
) -> Candidates:
    """All n episodes of a catalog as candidates, in the order of their rows, eligible or not."""
    catalog, similarity = features.catalog, UserSimilarity(features, user, search_result)
    ages = filters.age_days(catalog.published_us, user.query.now_us)
    rows, sources = np.arange(len(catalog)), np.zeros(len(catalog), np.uint16)
    return _measured(similarity, rows, sources, {}, ages, similarity.vectors(slice(None)))


def these_episodes(
    features: CatalogFeatures,
    user: UserFeatures,
    rows: IntArray,
    search_result: SearchResult | None,
) -> Candidates:
    """The episodes of some (k,) catalog rows as candidates, in this order, eligible or not."""
    similarity = UserSimilarity(features, user, search_result)
    ages = filters.age_days(features.catalog.published_us[rows], user.query.now_us)
    sources = np.zeros(len(rows), np.uint16)
    return _measured(similarity, rows, sources, {}, ages, similarity.vectors(rows))


def merge_sources(returned: Sequence[Found]) -> tuple[IntArray, SourceBits]:
    """(k,) every row that any source returned, once, and (k,) bits of all its sources.

    The rows keep the order in which they were first returned.
    """
    every = np.concatenate([np.zeros(0, np.int64), *(rows for _, rows in returned)])
    bit_of_each = np.array([1 << NAMES.index(name) for name, _ in returned], np.uint16)
    bits = bit_of_each.repeat([len(rows) for _, rows in returned])
    order, begins = group_by(every)
    first = order.take(begins)
    merged = np.bitwise_or.reduceat(bits.take(order), begins) if len(every) else bits
    as_returned = first.argsort()
    return every.take(first.take(as_returned)), merged.take(as_returned)


def counts_by_source(returned: Iterable[Found]) -> dict[str, int]:
    """Number of rows that each source returned; each interest returns its own under one name."""
    counts: dict[str, int] = {}
    for name, rows in returned:
        counts[name] = counts.get(name, 0) + len(rows)
    return counts


def source_names(sources: SourceBits) -> list[list[str]]:
    """Names of the sources in each of k bit sets (see `Candidates.sources`)."""
    return [
        [name for bit, name in enumerate(NAMES) if bits >> bit & 1] for bits in sources.tolist()
    ]


def _measured(
    similarity: UserSimilarity,
    rows: IntArray,
    sources: SourceBits,
    counts: Mapping[str, int],
    ages: IntArray,
    vectors: npt.NDArray[np.float32] | None,
) -> Candidates:
    to_user, to_interest = similarity.measure(rows, vectors, _is_from(sources, "stated"))
    return Candidates(
        rows=rows,
        sources=sources,
        counts_by_source=counts,
        age_days=ages,
        vectors=vectors,
        similarity=to_user,
        has_cosines=similarity.has_cosines,
        interest=to_interest,
        dislike=similarity.to_dislikes(rows, vectors),
        seed_similarity=similarity.to_seed(rows, vectors),
    )


def _is_from(sources: SourceBits, name: str) -> BoolArray:
    return (sources >> NAMES.index(name) & 1).astype(np.bool_)
