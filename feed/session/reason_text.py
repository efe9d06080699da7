"""The text of a reason in English, with its key and parameters for other languages."""

from feed.catalog.catalog import Catalog
from feed.ranking.reasons import BECAUSE, DISCOVER, KEYS, Reasons
from feed.session.answers import Reason

MAX_TITLE = 120
"""Characters of a title in a reason, the ellipsis of a longer one included."""

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
    "series_followed": "From {series}, which you follow",
    "series_heard": "More of {series}",
    "unfinished": "You have not finished this",
    "trending": "Many are listening to this",
    "trending_in": "Trending in {category}",
    "unseen": "Something new",
    "pinned": "Picked by the editors",
    "seed": "Matches “{text}”",
    "seed_episode": "Similar to “{title}”",
    "series_similar": "Similar to {series}",
    "series_others": "Chosen by people who listen to {series}",
}
_OF_CATEGORY = {"interest", "near_interest", "trending_in"}
_OF_SERIES = {"series_followed", "series_heard", "series_similar", "series_others"}
_OF_EPISODE = {"others", "seed_episode", *(KEYS[code] for code in BECAUSE.tolist())}


def render(catalog: Catalog, code: int, subject_hash: int, seed_text: str = "") -> Reason:
    """A reason from its code in `KEYS`, the hash of what it names, and the words of a feed seed.

    A reason that names something that is not in the catalog becomes `discover`.
    """
    key = KEYS[code]
    params = {"text": seed_text} if key == "seed" else _params(catalog, key, subject_hash)
    if params is None:
        key, params = KEYS[DISCOVER], {}
    return Reason(key, params, _TEXTS[key].format(**params))


def render_all(catalog: Catalog, reasons: Reasons, seed_text: str = "") -> list[Reason]:
    """Each of k reasons, with its parameters and its text."""
    pairs = list(zip(reasons.codes.tolist(), reasons.subject_hashes.tolist(), strict=True))
    rendered = {pair: render(catalog, *pair, seed_text) for pair in set(pairs)}
    return [rendered[pair] for pair in pairs]


def _params(catalog: Catalog, key: str, subject_hash: int) -> dict[str, str] | None:
    """What a reason of this key names, {} for nothing, None for something not in the catalog."""
    if key in _OF_CATEGORY:
        row = catalog.category_index.row_by_hash(subject_hash)
        return None if row is None else {"category": catalog.categories[row]}
    if key in _OF_SERIES:
        row = catalog.series_index.row_by_hash(subject_hash)
        if row is None:
            return None
        return {"series_id": catalog.series_ids[row], "series": catalog.series_names[row]}
    if key in _OF_EPISODE:
        row = catalog.id_index.row_by_hash(subject_hash)
        if row is None:
            return None
        return {"episode_id": catalog.ids[row], "title": shortened(catalog.title(row))}
    return {}


def shortened(title: str) -> str:
    """A title, or a text that stands in place of one, in at most `MAX_TITLE` characters."""
    return title if len(title) <= MAX_TITLE else f"{title[: MAX_TITLE - 1].rstrip()}…"
