"""Duplicates: an episode in several feeds is one; an id that several episodes use is told apart.

Nothing here depends on the order of the feeds or on earlier builds, so ids stay the same from build
to build. An episode that shares its id with no other keeps it.
"""

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from itertools import combinations
from typing import NamedTuple, TypeVar

import msgspec

from feed.model.episode import MAX_ID_BYTES, Episode
from feed.model.timestamps import to_us

K = TypeVar("K", bound=Hashable)

MAX_SHARING = 16
"""An episode in more feeds than this says nothing about which of them is the show's own."""
BROADER = 0.8
"""A feed is broader than another if that one has less than this part of its episodes."""

_SCHEME = re.compile(r"https?://", re.IGNORECASE)


class Item(NamedTuple):
    """A valid episode as one feed has it."""

    episode: Episode
    feed: str
    """address of the feed"""
    guid: str
    """what the feed calls the episode; the episode's id begins with it or ends with it"""


class United(NamedTuple):
    """Episodes with unique ids, and how many items and ids that took."""

    episodes: list[Episode]
    repeated: int
    """items left out because the episode is there already"""
    renamed: int
    """episodes whose id was another episode's"""

    @property
    def notes(self) -> list[str]:
        """What was done, for the report of a build."""
        said = (
            (
                self.repeated,
                "items repeat an episode: each episode is published once",
            ),
            (self.renamed, "episodes have the id of another one: they were told apart"),
        )
        return [f"{count:,} {what}" for count, what in said if count]


def unite(items: Sequence[Item]) -> United:
    """Returns each episode once, in the order of the items, as its show's own feed has it.

    Items are the same episode if they have the same guid and the same audio address; across feeds
    also for the same guid and title where the guid is unique in the world, and for the same audio
    address and title. Of different episodes with one id the oldest keeps it; the ids of the others
    get a suffix made of their title and date.
    """
    groups = _groups(items)
    breadth = _breadth(items, groups)
    chosen = sorted(
        min(group, key=lambda place: (breadth[items[place].feed], items[place].feed, place))
        for group in groups
    )
    ids = _unique_ids([items[place].episode for place in chosen])
    renamed = 0
    episodes = []
    for place, name in zip(chosen, ids, strict=True):
        episode = items[place].episode
        if episode.id != name:
            renamed += 1
            episode = msgspec.structs.replace(episode, id=name)
        episodes.append(episode)
    return United(episodes, len(items) - len(chosen), renamed)


class _Sets:
    """Disjoint sets of the numbers below `count`."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def find(self, one: int) -> int:
        while self._parents[one] != one:
            self._parents[one] = self._parents[self._parents[one]]
            one = self._parents[one]
        return one

    def join(self, members: Iterable[int]) -> None:
        roots = sorted({self.find(member) for member in members})
        for root in roots[1:]:
            self._parents[root] = roots[0]


def _groups(items: Sequence[Item]) -> list[list[int]]:
    """The places of the items of each episode."""
    sets = _Sets(len(items))
    titles = [_title(item) for item in items]
    audios = [_audio(item) for item in items]
    substances = map(_substance, items, titles, audios)
    own = ((place, (items[place].guid, *same)) for place, same in enumerate(substances))
    for members in _repeated(own).values():
        sets.join(members)
    rows = list(enumerate(zip(items, titles, audios, strict=True)))
    across = [
        ((place, (item.guid, title)) for place, (item, title, _) in rows if _is_global(item)),
        ((place, (audio, title)) for place, (_, title, audio) in rows if audio),
    ]
    for keyed in across:
        # In the order of their keys, which is that of no feed.
        for _, members in sorted(_repeated(keyed).items()):
            # Where one feed has several episodes of the key, the key tells nothing.
            roots = {(items[member].feed, sets.find(member)) for member in members}
            if len(roots) == len({feed for feed, _ in roots}):
                sets.join(members)
    groups: dict[int, list[int]] = defaultdict(list)
    for place in range(len(items)):
        groups[sets.find(place)].append(place)
    return list(groups.values())


def _repeated(keyed: Iterable[tuple[int, K]]) -> dict[K, list[int]]:
    """The places of each key that has more than one."""
    places: dict[K, list[int]] = defaultdict(list)
    for place, key in keyed:
        places[key].append(place)
    return {key: found for key, found in places.items() if len(found) > 1}


def _is_global(item: Item) -> bool:
    return item.episode.id == item.guid


def _title(item: Item) -> str:
    return " ".join(item.episode.title.casefold().split())


def _audio(item: Item) -> str:
    """The address of the audio, http or https."""
    return _SCHEME.sub("", item.episode.audio_url or "").partition("#")[0]


def _substance(item: Item, title: str, audio: str) -> tuple[str, ...]:
    """What two items of one guid share if they are the same episode."""
    if audio:
        return (audio,)
    same = (title, item.episode.published_at.isoformat())
    # Without audio, a guid like "1" and a title tell nothing beyond their feed.
    return same if _is_global(item) else (*same, item.feed)


def _breadth(items: Sequence[Item], groups: Sequence[Sequence[int]]) -> Counter[str]:
    """Of how many other feeds each feed has the episodes beside more: a network's feed leads.

    Two feeds are compared within the time in which they share episodes, because many feeds list
    only their newest.
    """
    dates: dict[str, list[int]] = defaultdict(list)
    shared: dict[tuple[str, str], list[int]] = defaultdict(list)
    for group in groups:
        first = {
            items[place].feed: to_us(items[place].episode.published_at) for place in reversed(group)
        }
        for feed, date in first.items():
            dates[feed].append(date)
        if 1 < len(first) <= MAX_SHARING:
            for pair in combinations(sorted(first), 2):
                shared[pair].append(min(first[feed] for feed in pair))
    for of_feed in dates.values():
        of_feed.sort()
    breadth: Counter[str] = Counter()
    for (one, other), when in shared.items():
        begin, end = min(when), max(when)
        counts = [
            bisect_right(dates[feed], end) - bisect_left(dates[feed], begin) or 1
            for feed in (one, other)
        ]
        # What one shares is len(when) / its count; so the shares compare as the counts do.
        if counts[1] < BROADER * counts[0]:
            breadth[one] += 1
        elif counts[0] < BROADER * counts[1]:
            breadth[other] += 1
    return breadth


def _unique_ids(episodes: Sequence[Episode]) -> list[str]:
    ids = [episode.id for episode in episodes]
    for places in _repeated(enumerate(ids)).values():
        places.sort(key=lambda place: (episodes[place].published_at, *_marks(episodes[place])))
        for place in places[1:]:
            ids[place] = _apart(episodes[place], _marks(episodes[place])[:2])
        for again in _repeated((place, ids[place]) for place in places[1:]).values():
            for place in again:
                ids[place] = _apart(episodes[place], _marks(episodes[place]))
    return ids


def _marks(episode: Episode) -> tuple[str, str, str]:
    return episode.title, episode.published_at.isoformat(), episode.audio_url or ""


def _apart(episode: Episode, marks: Sequence[str]) -> str:
    suffix = f"~{_hash(chr(10).join(marks))}"
    name = episode.id + suffix
    return name if len(name.encode()) <= MAX_ID_BYTES else _hash(episode.id) + suffix


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
