"""Removes duplicates: keeps an episode of several feeds once, and makes shared ids unique.

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
from scipy.cluster.hierarchy import DisjointSet

from feed.model.episode import MAX_ID_BYTES, Episode
from feed.model.timestamps import to_us

K = TypeVar("K", bound=Hashable)

MAX_FEEDS = 16
"""An episode in more feeds than this says nothing about which of them is the show's own."""
NARROWER_SHARE = 0.8
"""A feed is broader than another that has less than this share of its episodes."""

_SCHEME = re.compile(r"https?://", re.IGNORECASE)


class FeedItem(NamedTuple):
    """A valid episode as one feed lists it."""

    episode: Episode
    feed: str
    """address of the feed; empty for a source without feeds"""
    guid: str
    """the feed's identifier of the episode; the episode's id begins or ends with it"""


class Deduplication(NamedTuple):
    """Episodes with unique ids, and what was changed to make them so."""

    episodes: list[Episode]
    repeated: int
    """items left out because another item has the same episode"""
    renamed: int
    """episodes with a new id because another episode had the same one"""

    @property
    def notes(self) -> list[str]:
        """Returns a line for the report of a build about each kind of change."""
        changes = (
            (self.repeated, "items repeat an episode: each episode is published once"),
            (self.renamed, "episodes have the id of another one: they got an id of their own"),
        )
        return [f"{count:,} {what}" for count, what in changes if count]


def deduplicate(items: Sequence[FeedItem]) -> Deduplication:
    """Returns each episode once, in the order of the items, as its show's own feed lists it.

    Items are the same episode if they have the same guid and the same audio address; across feeds
    also if they have the same globally unique guid and title, or the same audio address and title.
    Of different episodes with one id the oldest keeps it; the ids of the others get a suffix, a
    hash of their title and date.
    """
    groups = _groups(items)
    breadth = _breadth(items, groups)
    chosen = sorted(
        min(group, key=lambda index: (breadth[items[index].feed], items[index].feed, index))
        for group in groups
    )
    ids = _unique_ids([items[index].episode for index in chosen])
    renamed = 0
    episodes = []
    for index, name in zip(chosen, ids, strict=True):
        episode = items[index].episode
        if episode.id != name:
            renamed += 1
            episode = msgspec.structs.replace(episode, id=name)
        episodes.append(episode)
    return Deduplication(episodes, len(items) - len(chosen), renamed)


def _groups(items: Sequence[FeedItem]) -> list[list[int]]:
    """The positions of the items of each episode."""
    sets = DisjointSet(range(len(items)))
    titles = [_title(item) for item in items]
    audios = [_audio(item) for item in items]
    contents = map(_content_key, items, titles, audios)
    own = ((index, (items[index].guid, *content)) for index, content in enumerate(contents))
    for first, *others in _repeated(own).values():
        for other in others:
            sets.merge(first, other)
    rows = list(enumerate(zip(items, titles, audios, strict=True)))
    across_feeds = [
        ((index, (item.guid, title)) for index, (item, title, _) in rows if _is_global(item)),
        ((index, (audio, title)) for index, (_, title, audio) in rows if audio),
    ]
    for keyed in across_feeds:
        # Sorted by key, so that the order of the feeds does not matter.
        for _, members in sorted(_repeated(keyed).items()):
            # A key that several episodes of one feed share identifies none of them.
            roots = {(items[member].feed, sets[member]) for member in members}
            if len(roots) == len({feed for feed, _ in roots}):
                for other in members[1:]:
                    sets.merge(members[0], other)
    groups: dict[int, list[int]] = defaultdict(list)
    for index in range(len(items)):
        groups[sets[index]].append(index)
    return list(groups.values())


def _repeated(keyed: Iterable[tuple[int, K]]) -> dict[K, list[int]]:
    """The positions of each key that occurs more than once."""
    indices: dict[K, list[int]] = defaultdict(list)
    for index, key in keyed:
        indices[key].append(index)
    return {key: found for key, found in indices.items() if len(found) > 1}


def _is_global(item: FeedItem) -> bool:
    return item.episode.id == item.guid


def _title(item: FeedItem) -> str:
    return " ".join(item.episode.title.casefold().split())


def _audio(item: FeedItem) -> str:
    """The address of the audio without its scheme and fragment."""
    return _SCHEME.sub("", item.episode.audio_url or "").partition("#")[0]


def _content_key(item: FeedItem, title: str, audio: str) -> tuple[str, ...]:
    """The key that two items of one guid share if they are the same episode."""
    if audio:
        return (audio,)
    same = (title, item.episode.published_at.isoformat())
    # Without audio, a guid like "1" and a title mean nothing outside their feed.
    return same if _is_global(item) else (*same, item.feed)


def _breadth(items: Sequence[FeedItem], groups: Sequence[Sequence[int]]) -> Counter[str]:
    """How many other feeds each feed contains, beside further episodes; most for a network's feed.

    Two feeds are compared within the period in which they share episodes, because many feeds list
    only their newest.
    """
    dates: dict[str, list[int]] = defaultdict(list)
    shared: dict[tuple[str, str], list[int]] = defaultdict(list)
    for group in groups:
        first = {
            items[index].feed: to_us(items[index].episode.published_at) for index in reversed(group)
        }
        for feed, date in first.items():
            dates[feed].append(date)
        if 1 < len(first) <= MAX_FEEDS:
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
        # The share of either feed that is in both is len(when) / its count.
        if counts[1] < NARROWER_SHARE * counts[0]:
            breadth[one] += 1
        elif counts[0] < NARROWER_SHARE * counts[1]:
            breadth[other] += 1
    return breadth


def _unique_ids(episodes: Sequence[Episode]) -> list[str]:
    ids = [episode.id for episode in episodes]
    for indices in _repeated(enumerate(ids)).values():
        indices.sort(
            key=lambda index: (
                episodes[index].published_at,
                *_distinguishing_fields(episodes[index]),
            )
        )
        for index in indices[1:]:
            ids[index] = _id_with_suffix(
                episodes[index], _distinguishing_fields(episodes[index])[:2]
            )
        for again in _repeated((index, ids[index]) for index in indices[1:]).values():
            for index in again:
                ids[index] = _id_with_suffix(
                    episodes[index], _distinguishing_fields(episodes[index])
                )
    return ids


def _distinguishing_fields(episode: Episode) -> tuple[str, str, str]:
    return episode.title, episode.published_at.isoformat(), episode.audio_url or ""


def _id_with_suffix(episode: Episode, fields: Sequence[str]) -> str:
    suffix = f"~{_hash(chr(10).join(fields))}"
    name = episode.id + suffix
    return name if len(name.encode()) <= MAX_ID_BYTES else _hash(episode.id) + suffix


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
