"""Finds people and other named things in episodes, by capital letters and by counting.

What a capital letter means is counted over the whole catalog: a word that is mostly written in
lower case is no name, and a name in a fifth of a show's episodes is the show's, as its host's is.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain
from typing import NamedTuple

from catalog_builder.enrichment.categories import show_of
from catalog_builder.enrichment.name_runs import Run, runs
from catalog_builder.enrichment.name_words import COMMON, OPENINGS
from catalog_builder.enrichment.persons import (
    is_given_name,
    is_introduced,
    is_person,
    may_be_person,
    person_at_end,
)
from feed.model.episode import Episode

MAX_TEXT_CHARS = 500
"""of a text that are read: names come early, and boilerplate late"""
MAX_WORDS = 6
"""of a name, with particles such as `of`; a longer run is a heading"""
MAX_NAMES = 8
"""of an episode, of each kind"""
NOUNS_SHARE = 0.25
"""Share of capitalised words in a text above which a single one is no name, as in German."""
HEADLINE_SHARE = 0.5
"""Share of capitalised words in a text above which they say nothing."""
UNCLEAR_SHARE = 0.25
"""Largest number of uses in lower case, by those with a capital, of a name that titles show."""
INTRODUCED_SHARE = 0.2
"""Least share of the mentions of a person of an uncommon name that introduce them."""
SHOW_SHARE = 0.2
"""Share of a show's episodes with a name from which on it is the show's: a host, a sponsor."""
MIN_SHOW = 5
"""fewest episodes with a name that make it the show's"""
SMALL_SHOW_SHARE, MIN_SMALL_SHOW = 0.5, 3
"""the share and the fewest of a show that has less than ten episodes"""


class FoundNames(NamedTuple):
    """The names in one episode, in the order in which its title and its text mention them."""

    people: list[str]
    entities: list[str]


class _Text(NamedTuple):
    """A text with its runs of capitalised words."""

    text: str
    runs: list[Run]
    share: float
    """of its words that are in runs"""

    @classmethod
    def of(cls, text: str) -> "_Text":
        text = text[:MAX_TEXT_CHARS]
        found = list(runs(text))
        capitalised = sum(len(run.words) - run.begins_sentence for run in found)
        share = capitalised / (text.count(" ") + 1)
        return cls(text, found if share <= HEADLINE_SHARE else [], share)


class _Words(NamedTuple):
    """How often the words of a catalog's texts are written in each way."""

    lower: Counter[str]
    capitalised: Counter[str]
    """within sentences"""

    @classmethod
    def of(cls, texts: Sequence[_Text]) -> "_Words":
        lower = Counter(chain.from_iterable(one.text.split() for one in texts))
        every = chain.from_iterable(one.runs for one in texts)
        within = chain.from_iterable(run.words[run.begins_sentence :] for run in every)
        return cls(lower, Counter(within))

    def is_common(self, word: str) -> bool:
        """Whether a capitalised word is an ordinary one."""
        return word in COMMON or self.lower[word.lower()] > self.capitalised[word]

    def is_clear(self, name: str) -> bool:
        """Whether a name is one even in a headline, where ordinary words are capitalised, too.

        It has several words, or one whose uses in lower case are at most `UNCLEAR_SHARE` of its
        capitalised ones.
        """
        return " " in name or self.lower[name.lower()] <= UNCLEAR_SHARE * self.capitalised[name]

    def is_name(self, name: str, mentions: int) -> bool:
        """Whether words that so many episodes mention are a name."""
        words = [word for word in name.split(" ") if word[0].isupper()]
        common = sum(map(self.is_common, words))
        if len(words) > 1:
            return mentions > (0 if not common else 1 if common < len(words) else 2)
        is_ordinary = common or len(name) == 1 or is_given_name(name)
        return not is_ordinary and min(mentions, self.capitalised[name]) > 1


def find_names(episodes: Sequence[Episode], known_people: AbstractSet[str]) -> list[FoundNames]:
    """Returns the names in each episode; `known_people` are persons for certain.

    The order of the episodes does not matter.
    """
    texts = [_Text.of(one.key_insight or one.description or "") for one in episodes]
    words = _Words.of(texts)
    mentions = [list(_mentions(text, words)) for text in texts]
    counts = Counter(chain.from_iterable({one.name for one in found} for found in mentions))
    spellings = _spellings({name: n for name, n in counts.items() if words.is_name(name, n)})
    in_titles = {name: one for name, one in spellings.items() if words.is_clear(name)}
    beginnings = {name.partition(" ")[0] for name in in_titles}
    people = _people(texts, mentions, spellings.keys()) | known_people
    found = [
        list(
            dict.fromkeys(
                [*_in_title(one.title, in_titles, beginnings), *_spelled(within, spellings)]
            )
        )
        for one, within in zip(episodes, mentions, strict=True)
    ]
    shows = _names_of_shows(episodes, found)
    return [
        _chosen(names, people, shows.get(show_of(one), frozenset()))
        for one, names in zip(episodes, found, strict=True)
    ]


class _Mention(NamedTuple):
    """Words of a text that may be a name, and the run that they are from."""

    name: str
    run: Run


def _mentions(text: _Text, words: _Words) -> Iterator[_Mention]:
    """Yield what may be a name in a text, in order."""
    for run in text.runs:
        name = _trimmed(run, words)
        if text.share > NOUNS_SHARE:
            name = " ".join(person_at_end(name.split(" "))) if " " in name else ""
        if name:
            yield _Mention(name, run)


def _trimmed(run: Run, words: _Words) -> str:
    """The words of a run without common ones and particles at its ends; empty for too many."""
    every = run.words
    start, end = 0, len(every)
    if run.begins_sentence and (every[0] in OPENINGS or words.is_common(every[0])):
        start = 1
    while start < end and _is_no_end(every[start]):
        start += 1
    while start < end and _is_no_end(every[end - 1]):
        end -= 1
    return " ".join(every[start:end]) if end - start <= MAX_WORDS else ""


def _is_no_end(word: str) -> bool:
    return word in COMMON or word[-1] == "." or not word[0].isupper()


def _spellings(counts: Mapping[str, int]) -> dict[str, str]:
    """By name: the spelling that most mentions have, of those that differ in case."""
    best: dict[str, str] = {}
    for name in sorted(counts, key=lambda name: (counts[name], name)):
        best[name.casefold()] = name
    return {name: best[name.casefold()] for name in counts}


def _spelled(mentions: Sequence[_Mention], spellings: Mapping[str, str]) -> Iterator[str]:
    return (spellings[one.name] for one in mentions if one.name in spellings)


def _people(
    texts: Sequence[_Text], mentions: Sequence[Sequence[_Mention]], names: AbstractSet[str]
) -> set[str]:
    """Those of the names that are persons': by a given name, or by how texts introduce them."""
    people, unknown = set[str](), set[str]()
    for name in names:
        parts = name.split(" ")
        if is_person(parts):
            people.add(name)
        elif may_be_person(parts) and names.isdisjoint(parts):
            unknown.add(name)
    counts, introduced = Counter[str](), Counter[str]()
    for text, found in zip(texts, mentions, strict=True):
        for name, run in found:
            if name in unknown:
                counts[name] += 1
                introduced[name] += is_introduced(text.text, run.start, run.end)
    people.update(name for name, n in introduced.items() if n > INTRODUCED_SHARE * counts[name])
    return people


def _in_title(
    title: str, spellings: Mapping[str, str], beginnings: AbstractSet[str]
) -> Iterator[str]:
    """Yield the names in a title, which may be a headline, the longest at each place."""
    for run in runs(title):
        words, at = run.words, 0
        while at < len(words):
            after = at + 1
            if words[at] in beginnings:
                for end in range(min(len(words), at + MAX_WORDS), at, -1):
                    if name := spellings.get(" ".join(words[at:end])):
                        yield name
                        after = end
                        break
            at = after


def _names_of_shows(
    episodes: Sequence[Episode], found: Sequence[Sequence[str]]
) -> Mapping[str, AbstractSet[str]]:
    """By show: the names that are not those of single episodes."""
    sizes = Counter(map(show_of, episodes))
    counts: dict[str, Counter[str]] = {}
    titles: dict[str, set[str]] = {}
    for one, names in zip(episodes, found, strict=True):
        if show := show_of(one):
            counts.setdefault(show, Counter()).update(names)
            title = one.series.name if one.series else None
            titles.setdefault(show, set()).update((title or "").split())
    return {
        show: {
            name
            for name, count in names.items()
            if _is_of_show(count, sizes[show]) or titles[show].issuperset(name.split(" "))
        }
        for show, names in counts.items()
    }


def _is_of_show(count: int, size: int) -> bool:
    """Whether a name in `count` of a show's `size` episodes is the show's."""
    in_a_few = count >= MIN_SHOW and count >= SHOW_SHARE * size
    return in_a_few or (count >= MIN_SMALL_SHOW and count >= SMALL_SHOW_SHARE * size)


def _chosen(
    names: Sequence[str], people: AbstractSet[str], left_out: AbstractSet[str]
) -> FoundNames:
    """The names of one episode without those left out, and without parts of longer names."""
    longer = [set(name.split(" ")) for name in names if " " in name]
    kept = [
        name
        for name in names
        if name not in left_out and not any(whole > set(name.split(" ")) for whole in longer)
    ]
    return FoundNames(
        [name for name in kept if name in people][:MAX_NAMES],
        [name for name in kept if name not in people][:MAX_NAMES],
    )
