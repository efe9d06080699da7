"""Phrases: a reason as data and in words. Localise by key and parameters."""

from typing import Any

from feed.catalog.catalog import Catalog
from feed.ranking.reasons import BECAUSE, DISCOVER, KEYS

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
    "others": "Chosen by people who chose “{title}”",
    "series_followed": "New in {series}, which you follow",
    "series_heard": "More of {series}",
    "unfinished": "You have not finished this",
    "trending": "Many are listening to this",
    "trending_in": "Trending in {category}",
    "unseen": "Something new",
    "pinned": "Picked by the editors",
}
_OF_CATEGORY = {"interest", "near_interest", "trending_in"}
_OF_SERIES = {"series_followed", "series_heard"}
_OF_EPISODE = {"others", *(KEYS[code] for code in BECAUSE.tolist())}


def phrase(catalog: Catalog, code: int, leans_on: int) -> dict[str, Any]:
    """A reason as `{key, params, text}`.

    One that leans on something that this catalog no longer has becomes `discover`.
    """
    key = KEYS[code]
    params = _params(catalog, key, leans_on)
    if params is None:
        key, params = KEYS[DISCOVER], {}
    return {"key": key, "params": params, "text": _TEXTS[key].format(**params)}


def _params(catalog: Catalog, key: str, leans_on: int) -> dict[str, str] | None:
    """What a reason of this key names, {} for nothing, None where that is gone."""
    if key in _OF_CATEGORY:
        row = catalog.category_index.row_hashed(leans_on)
        return None if row is None else {"category": catalog.categories[row]}
    if key in _OF_SERIES:
        row = catalog.series_index.row_hashed(leans_on)
        if row is None:
            return None
        return {"series_id": catalog.series_ids[row], "series": catalog.series_names[row]}
    if key in _OF_EPISODE:
        row = catalog.id_index.row_hashed(leans_on)
        if row is None:
            return None
        return {"episode_id": catalog.ids[row], "title": _shortened(catalog.title(row))}
    return {}


def _shortened(title: str) -> str:
    return title if len(title) <= MAX_TITLE else f"{title[: MAX_TITLE - 1].rstrip()}…"
