"""Collects the names that episodes bear: people, things and topics, each spelling folded."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

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


def episode_names(catalog: Catalog, episodes: Sequence[Episode]) -> EpisodeNames:
    """Returns the names of a catalog's episodes, given those that it was built of.

    A name is a topic if a category has it, else what most episodes say it is. It does not count in
    the episodes of a series that is called so, or of which `HABIT` bear it: there it is the host,
    or the sponsor. Topics always count.
    """
    folded: dict[str, str] = {}
    uses: dict[str, list[int]] = {}
    spellings: dict[str, Counter[str]] = {}
    topics = [name_key(name) for name in catalog.categories]
    rows: list[int] = []
    found: list[str] = []
    for row, source in enumerate(catalog.source_order.tolist()):
        episode = episodes[source]
        series = episode.series and (episode.series.name or episode.series.id)
        of_episode: dict[str, None] = {}
        given = [(PERSON, names_in(episode.people)), (ENTITY, names_in(episode.entities))]
        given.append((TOPIC, (catalog.categories[one] for one in catalog.categories_of(row))))
        for kind, names in given:
            for name in names:
                key = folded.get(name)
                if key is None:
                    key = folded[name] = name_key(name)
                    spellings.setdefault(key, Counter())
                    uses.setdefault(key, [0] * len(KINDS))
                if kind != TOPIC and (not is_telling(key) or is_series(key, series)):
                    continue
                spellings[key][name] += 1
                uses[key][kind] += 1
                of_episode[key] = None
        rows += [row] * len(of_episode)
        found += of_episode
    keys = sorted(set(found))
    place = {key: number for number, key in enumerate(keys)}
    is_topic = set(topics)
    kinds = [TOPIC if key in is_topic else int(np.argmax(uses[key])) for key in keys]
    return _without_habits(
        catalog,
        tuple(keys),
        np.array(kinds, np.uint8),
        tuple(min(spellings[key].items(), key=_most_frequent)[0] for key in keys),
        np.array(rows, np.int64),
        np.array([place[key] for key in found], np.int32),
    )


def is_telling(key: str) -> bool:
    """Whether a name says something: it has two letters or more, and is not `GENERIC`."""
    letters = sum(map(str.isalpha, key))
    is_ideographic = letters == 1 and len(key) == 1 and ord(key) > 0x2E7F  # noqa: PLR2004
    return (letters > 1 or is_ideographic) and len(key) <= MAX_NAME and key not in GENERIC


def is_series(key: str, series: str | None) -> bool:
    """Whether a name is that of the series, with or without words such as "podcast"."""
    return bool(series) and _bare(key) == _bare(name_key(series or ""))


def _bare(key: str) -> str:
    """A key without the words that shows add to their names."""
    return " ".join(word for word in key.split() if word not in {"the", "podcast", "show", "with"})


def _most_frequent(item: tuple[str, int]) -> tuple[int, str]:
    """Sort key of a spelling and its count: the most frequent first, equal ones by name."""
    return -item[1], item[0]


def _without_habits(
    catalog: Catalog,
    keys: tuple[str, ...],
    kinds: npt.NDArray[np.uint8],
    spellings: tuple[str, ...],
    rows: npt.NDArray[np.int64],
    members: npt.NDArray[np.int32],
) -> EpisodeNames:
    """The names without those that are a series' own; `rows` and `members` are (m,) pairs."""
    series = catalog.series[rows].astype(np.int64)
    sizes = np.bincount(catalog.series[catalog.series >= 0], minlength=1)
    _, place, times = np.unique(
        series * max(1, len(keys)) + members, return_inverse=True, return_counts=True
    )
    size = sizes[np.maximum(series, 0)]
    is_habit = (series >= 0) & (size >= HABIT_EPISODES) & (times[place] >= HABIT * size)
    kept = ~is_habit | (kinds[members] == TOPIC)
    counts = np.bincount(rows[kept], minlength=len(catalog))
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return EpisodeNames(keys, kinds, spellings, starts, members[kept])
