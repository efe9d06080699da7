"""Says why an insight is shown, by a key and parameters, and in English."""

from feed.catalog.catalog import Catalog
from feed.catalog.insights import LISTENERS, PUBLICATIONS
from feed.insights.selection import Taste
from feed.session.answers import Reason

CLEAR = 0.2
"""Taste from which on it is the reason, rather than what everybody does."""
_TEXTS = {
    "rising_in": "Rising in {category}, which you chose",
    "rising_listeners": "About {times} times as many listeners as usual",
    "rising_series": "About {times} times as many shows as usual",
    "steady": "No more than usual",
}


def reason(catalog: Catalog, place: int, taste: Taste | None = None) -> Reason:
    """The reason of one insight, given how well all suit the user, if that is known."""
    insights = catalog.insights
    rising, key, params = int(insights.rising[place]), "steady", dict[str, str]()
    category = ""
    if rising and taste and taste.values[place] >= CLEAR and taste.categories[place] >= 0:
        category = catalog.categories[int(taste.categories[place])]
    if category and category != insights.names[place]:
        key, params = "rising_in", {"category": category}
    elif rising & LISTENERS:
        key, params = "rising_listeners", {"times": _times(insights.momentum[place, 0])}
    elif rising & PUBLICATIONS:
        key, params = "rising_series", {"times": _times(insights.momentum[place, 1])}
    return Reason(key, params, _TEXTS[key].format(**params))


def _times(momentum: float) -> str:
    """A multiple with one decimal, or none from 10 on."""
    return f"{momentum:.1f}" if momentum < 10 else f"{momentum:.0f}"  # noqa: PLR2004
