"""Feed seeds of words: the episodes that a text finds, and its embedding."""

from typing import Any

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray
from feed.catalog.catalog import Catalog
from feed.model.feed_seed import FeedSeed
from feed.search.index import SearchIndex
from feed.search.search import FEEDBACK, search
from feed.search.words import terms_of

MAX_MATCHES = 150
"""matches of a text that may become candidates of a session"""


def find_feed_seed(
    catalog: Catalog,
    index: SearchIndex,
    text: str,
    *,
    allowed: BoolArray,
    now_us: int,
    vector: npt.NDArray[np.float32] | None = None,
) -> FeedSeed:
    """Search the allowed episodes for a text; `allowed` is (n,) by row, `now_us` since 1970, UTC.

    `vector` is the (D,) embedding of the text, of length 1, where a model embeds it. Where the
    catalog holds no embeddings, those of the best matches stand for the seed's.
    """
    # The space says that the last word is whole, not the beginning of one.
    found = search(catalog, index, f"{text} ", allowed=allowed, now_us=now_us, vector=vector)
    ids = tuple(catalog.ids[row] for row in found.rows[:MAX_MATCHES].tolist())
    shares = np.clip(found.scores[:MAX_MATCHES] / max(found.scores.max(initial=0.0), 1e-9), 0, 1)
    return FeedSeed(
        text=text,
        episode_ids=() if found.vector is not None else ids[:FEEDBACK],
        vector=() if found.vector is None else _rounded(found.vector),
        match_ids=ids,
        match_scores=_rounded(shares),
    )


def _rounded(values: npt.NDArray[np.floating[Any]]) -> tuple[float, ...]:
    """The values to six digits: as a trace records them, the ranking takes them, too."""
    return tuple(values.astype(np.float64).round(6).tolist())


def known_words(index: SearchIndex, text: str) -> list[str]:
    """The words of a text that the catalog has, as phrases between commas, without empty ones.

    A text that nobody typed has no typos: a word that would be repaired is not meant.
    """

    def is_known(word: str) -> bool:
        terms = terms_of(word)
        return bool(terms) and all(index.term(term) is not None for term in terms)

    phrases = (" ".join(filter(is_known, phrase.split())) for phrase in text.split(","))
    return [phrase for phrase in phrases if phrase]
