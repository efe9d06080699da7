"""Collects the names that episodes bear: people, things and topics, each spelling folded."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from feed.catalog.catalog import Catalog
from feed.catalog.insights import KINDS
from feed.model.episode import Episode
from feed.model.names import name_key, names_in

PERSON, ENTITY, TOPIC = map(KINDS.index, ("person", "entity", "topic"))
MAX_NAME = 80
"""Characters of the longest name that counts; a longer one is a sentence."""
HABIT = 0.5
"""Share of a series' episodes from which on a name in them is the series' own, such as its host."""
HABIT_EPISODES = 4
"""Fewest episodes of a series of which `HABIT` is a habit."""
GENERIC = frozenset(
    [
        "podcast",
        "podcasts",
        "episode",
        "episodes",
        "interview",
        "interviews",
        "host",
        "hosts",
        "co-host",
        "guest",
        "guests",
        "listener",
        "listeners",
        "audience",
        "show",
        "shows",
        "radio",
        "news",
        "unknown",
        "none",
        "various",
        "other",
        "others",
        "anonymous",
        "series",
        "season",
        "part",
        "chapter",
        "n/a",
    ]
)
"""Names that say nothing of an episode."""


@dataclass(frozen=True)
class EpisodeNames:
    """The I names that n episodes bear, in the order of their keys."""

    keys: tuple[str, ...]
    """(I,) `name_key` of each, ascending"""
    kinds: npt.NDArray[np.uint8]
    """(I,) index in `feed.catalog.insights.KINDS`"""
    spellings: tuple[str, ...]
    """(I,) each as most episodes spell it"""
    starts: npt.NDArray[np.int64]
    """(n + 1,) episode i bears the names `members[starts[i]:starts[i + 1]]`"""
    members: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.keys)


class CardNames(msgspec.Struct, frozen=True, gc=False):
    """The names on the card of an episode."""

    people: list[Any] | None = None
    entities: list[Any] | None = None


def names_on_cards(catalog: Catalog) -> Iterator[CardNames]:
    """Yields the names on each card of a catalog, in the order of its rows."""
    decode = msgspec.json.Decoder(CardNames).decode
    return (decode(catalog.cards.raw(row)) for row in range(len(catalog)))


def episode_names(catalog: Catalog, named: Iterable[Episode | CardNames]) -> EpisodeNames:
    """Returns the names of a catalog's n episodes; `named` has the people and entities of each.

    A name is a topic if a category has it, else what most episodes say it is. It does not count in
    the episodes of a series that is called so, or of which `HABIT` bear it: there it is the host,
    or the sponsor. Topics always count.
    """
    spellings = _Numbers()
    rows, uses, kinds = _uses(catalog, named, spellings)
    keys = [name_key(name) for name in spellings]
    ordered = tuple(sorted(set(keys)))
    place = {key: number for number, key in enumerate(ordered)}
    place_of = np.array([place[key] for key in keys], np.int64)
    shown, series = _Numbers(), catalog.series[rows]
    bare = np.array([shown[_bare(key)] for key in keys], np.int64)
    titles = np.array([shown[_bare(name_key(name))] for name in catalog.series_names] + [-1])
    telling = np.array([is_telling(key) for key in keys], np.bool_)
    counts = (telling[uses] & (bare[uses] != titles[series])) | (kinds == TOPIC)
    rows, uses, kinds, names = rows[counts], uses[counts], kinds[counts], place_of[uses[counts]]
    by_kind = np.bincount(names * len(KINDS) + kinds, minlength=len(ordered) * len(KINDS))
    by_kind = by_kind.reshape(-1, len(KINDS))
    kind = np.where(by_kind[:, TOPIC] > 0, TOPIC, by_kind.argmax(axis=1)).astype(np.uint8)
    best = dict[str, tuple[int, str]]()
    times = np.bincount(uses, minlength=len(keys)).tolist()
    for name, key, count in zip(spellings, keys, times, strict=True):
        best[key] = min(best.get(key, (0, name)), (-count, name))
    pairs = np.unique(rows * max(1, len(ordered)) + names)  # an episode bears a name once
    members = (pairs % max(1, len(ordered))).astype(np.int32)
    rows = pairs // max(1, len(ordered))
    kept = ~_is_habit(catalog, rows, members) | (kind[members] == TOPIC)
    sizes = np.bincount(rows[kept], minlength=len(catalog))
    return EpisodeNames(
        ordered,
        kind,
        tuple(best[key][1] for key in ordered),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        members[kept],
    )


class _Numbers(dict[str, int]):
    """A number for each text that is asked for, in order."""

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number


def _uses(
    catalog: Catalog, named: Iterable[Episode | CardNames], spellings: _Numbers
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(m,) row, number of the spelling, and kind of each name as it stands in an episode."""
    rows, uses, kinds = array("q"), array("q"), array("q")
    for row, one in enumerate(named):
        for kind, given in ((PERSON, one.people), (ENTITY, one.entities)):
            if given:
                found = [spellings[name] for name in names_in(given)]
                uses.extend(found)
                rows.extend([row] * len(found))
                kinds.extend([kind] * len(found))
    topics = np.array([spellings[name] for name in catalog.categories], np.int64)
    members = catalog.category_members
    return (
        np.append(rows, np.repeat(np.arange(len(catalog)), np.diff(catalog.category_starts))),
        np.append(uses, topics[members] if len(topics) else members).astype(np.int64),
        np.append(kinds, np.full(len(members), TOPIC)).astype(np.int64),
    )


def is_telling(key: str) -> bool:
    """Whether a name says something: it has two letters or more, and is not `GENERIC`."""
    letters = sum(map(str.isalpha, key))
    is_ideographic = letters == 1 and len(key) == 1 and ord(key) > 0x2E7F  # noqa: PLR2004
    return (letters > 1 or is_ideographic) and len(key) <= MAX_NAME and key not in GENERIC


def _bare(key: str) -> str:
    """A key without the words that shows add to their names."""
    return " ".join(word for word in key.split() if word not in {"the", "podcast", "show", "with"})


def _is_habit(
    catalog: Catalog, rows: npt.NDArray[np.int64], members: npt.NDArray[np.int32]
) -> npt.NDArray[np.bool_]:
    """(m,) whether each name is its series' own; `rows` and `members` are m pairs."""
    series = catalog.series[rows].astype(np.int64)
    sizes = np.bincount(catalog.series[catalog.series >= 0], minlength=1)
    width = int(members.max(initial=0)) + 1
    _, place, times = np.unique(series * width + members, return_inverse=True, return_counts=True)
    size = sizes[np.maximum(series, 0)]
    found: npt.NDArray[np.bool_] = times[place] >= HABIT * size
    return found & (series >= 0) & (size >= HABIT_EPISODES)
