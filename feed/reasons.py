"""Reasons: why an episode is in the queue, taken from the numbers that ranked it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feed.catalog import Catalog
from feed.columns import BoolArray, FloatArray, IntArray, hash_strings, places
from feed.engagement import TYPES
from feed.interests import UserVector
from feed.scenario import Blend
from feed.scenario import Reasons as Parameters

DISCOVER, QUALITY, FRESH, INTEREST, NEAR_INTEREST = range(5)
KEYS = (
    *("discover", "quality", "fresh", "interest", "near_interest"),
    *("because_click", "because_listen", "because_complete", "because_bookmark", "because_like"),
    *("because_share", "because_not_interested", "recent_activity"),
)
"""Reason keys by code. Cursors carry the codes: append, never reorder."""

_BECAUSE: dict[str, int] = {kind: KEYS.index(f"because_{kind}") for kind in TYPES}
_RECENT_ACTIVITY = KEYS.index("recent_activity")

MAX_TITLE = 120
"""characters of a title that a reason repeats"""

_TEXTS = {
    "discover": "New to you",
    "quality": "Highly rated",
    "fresh": "Recently published",
    "interest": "You chose {category}",
    "near_interest": "Close to {category}, which you chose",
    "because_click": "Because you opened “{title}”",
    "because_listen": "Because you listened to “{title}”",
    "because_complete": "Because you finished “{title}”",
    "because_bookmark": "Because you bookmarked “{title}”",
    "because_like": "Because you liked “{title}”",
    "because_share": "Because you shared “{title}”",
    "because_not_interested": "Related to “{title}”",
    "recent_activity": "Based on your recent activity",
}


@dataclass(frozen=True)
class Reasons:
    """The reason of each of k episodes."""

    codes: npt.NDArray[np.uint8]
    """(k,) places in `KEYS`"""
    leans_on: npt.NDArray[np.uint64]
    """(k,) hash of the id of the engaged episode, or of the category's name, or 0"""


def explain(
    catalog: Catalog,
    user: UserVector,
    rows: IntArray,
    *,
    similarity: FloatArray,
    quality: FloatArray,
    recency: FloatArray,
    rated: BoolArray,
    blend: Blend,
    parameters: Parameters,
) -> Reasons:
    """The reason of each episode in `rows`.

    Where the similarity is at least `min_similarity`, its largest summand: the user vector is a
    sum, so its product with an episode is one, over the engaged episodes and the stated interests.
    An interest is the reason of an episode in that category, and near the reason of one in none.
    A catalog that holds no vectors cannot tell which summand is the largest; see `_certain`.
    Otherwise the larger of what quality and recency gave to the score, if it is something to speak
    of: a quality of the catalog's better half (`rated`), a recency of at least `min_recency`.
    """
    given = np.column_stack(
        [
            np.where(rated, blend.quality * quality, 0.0),
            np.where(recency >= parameters.min_recency, blend.recency * recency, 0.0),
        ]
    )
    spoken_of = np.where(given[:, 1] > given[:, 0], FRESH, QUALITY)
    codes = np.where(given.any(axis=1), spoken_of, DISCOVER).astype(np.uint8)
    leans_on = np.zeros(len(rows), np.uint64)
    if user.vector is None or not len(rows):
        return Reasons(codes, leans_on)
    of_part = np.array(
        [_BECAUSE[kind] for kind in user.member_types]
        + [INTEREST] * len(user.categories)
        + [_RECENT_ACTIVITY],
        np.uint8,
    )
    names = [catalog.categories[int(c)] for c in user.categories]
    nothing = np.zeros(1, np.uint64)
    hash_of_part = np.concatenate([catalog.id_hashes[user.members], hash_strings(names), nothing])
    member = _membership(catalog, rows, user.categories)
    bare = catalog.category_starts[rows + 1] == catalog.category_starts[rows]
    parts = _summands(catalog, user, rows) if catalog.holds_vectors else _certain(user, member)
    parts[:, len(user.members) : -1][~member & ~bare[:, None]] = -np.inf
    largest = np.argmax(parts, axis=1)
    similar = (similarity >= parameters.min_similarity) & np.isfinite(parts.max(axis=1))
    codes[similar] = of_part[largest[similar]]
    codes[(codes == INTEREST) & bare] = NEAR_INTEREST
    leans_on[similar] = hash_of_part[largest[similar]]
    return Reasons(codes, leans_on)


def _summands(catalog: Catalog, user: UserVector, rows: IntArray) -> FloatArray:
    """(k, m + c + 1) what each engaged episode and interest gave; of the last column nothing."""
    return np.hstack(
        [
            catalog.embeddings[rows] @ catalog.embeddings[user.members].T * user.member_weights,
            catalog.embeddings[rows] @ catalog.anchors[user.categories].T * user.category_weights,
            np.full((len(rows), 1), -np.inf, np.float32),
        ]
    )


def _certain(user: UserVector, member: BoolArray) -> FloatArray:
    """The same where only the sums are known: 0 for what is a reason for certain.

    That is the only summand, or else an interest of an episode in that category, or else the
    engaged episodes together: the last column.
    """
    engaged = len(user.members)
    parts = np.full((len(member), engaged + member.shape[1] + 1), -np.inf)
    parts[:, engaged:-1][member] = 0.0
    if parts.shape[1] == 2:  # noqa: PLR2004  # one summand, and the last column
        parts[:, 0] = 0.0
    if engaged:
        parts[:, -1] = -1.0
    return parts


def _membership(catalog: Catalog, rows: IntArray, categories: IntArray) -> BoolArray:
    """(k, c) whether each episode is in each of these categories, which are sorted."""
    member = np.zeros((len(rows), len(categories)), np.bool_)
    if len(categories):
        starts, ends = catalog.category_starts[rows], catalog.category_starts[rows + 1]
        owners = np.repeat(np.arange(len(rows)), ends - starts)
        theirs = catalog.category_members[places(starts, ends)]
        column = np.minimum(np.searchsorted(categories, theirs), len(categories) - 1)
        found = categories[column] == theirs
        member[owners[found], column[found]] = True
    return member


def phrase(catalog: Catalog, code: int, leans_on: int) -> dict[str, Any]:
    """A reason as data and in words: `{key, params, text}`; localise by the first two.

    A reason that leans on something that this catalog no longer has becomes `discover`.
    """
    key = KEYS[code]
    params: dict[str, str] = {}
    if code in {INTEREST, NEAR_INTEREST}:
        found = int(catalog.category_index.first(np.array([leans_on], np.uint64))[0])
        if found >= 0:
            params = {"category": catalog.categories[found]}
    elif code in _BECAUSE.values():
        found = int(catalog.id_index.first(np.array([leans_on], np.uint64))[0])
        if found >= 0:
            title = catalog.title(found)
            if len(title) > MAX_TITLE:
                title = f"{title[: MAX_TITLE - 1].rstrip()}…"
            params = {"episode_id": catalog.ids[found], "title": title}
    if code >= INTEREST and code != _RECENT_ACTIVITY and not params:
        key = KEYS[DISCOVER]
    return {"key": key, "params": params, "text": _TEXTS[key].format(**params)}
