"""Finds people and other named things in episodes, by capital letters and by counting.

What a capital letter means is counted over the whole catalog: a word that is mostly written in
lower case is no name, and a name in a fifth of a show's episodes is the show's, as its host's is.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from catalog_builder.enrichment.categories import show_of
from catalog_builder.enrichment.name_runs import Run, runs
from catalog_builder.enrichment.name_words import COMMON, GIVEN_NAMES
from catalog_builder.enrichment.persons import is_introduced, is_person, may_be_person
from feed.model.episode import Episode

MAX_TEXT_CHARS = 1_000
"""of a text that are read: names come early, and boilerplate late"""
MAX_WORDS = 6
"""of a name, with particles such as `of`; a longer run is a heading"""
MAX_NAMES = 8
"""of an episode, of each kind"""
NOUNS_SHARE = 0.25
"""Share of capitalised words in a text above which a single one is no name, as in German."""
HEADLINE_SHARE = 0.5
"""Share of capitalised words in a text above which they say nothing."""
INTRODUCED_SHARE = 0.2
"""Least share of the mentions of a person of an uncommon name that introduce them."""
SHOW_SHARE = 0.2
"""Share of a show's episodes with a name from which on it is the show's: a host, a sponsor."""
MIN_SHOW = 5
"""fewest episodes with a name that make it the show's"""


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
        lower, capitalised = Counter[str](), Counter[str]()
        for one in texts:
            lower.update(one.text.split())
            for run in one.runs:
                capitalised.update(run.words[run.begins_sentence :])
        return cls(lower, capitalised)

    def is_common(self, word: str) -> bool:
        """Whether a capitalised word is an ordinary one."""
        return word in COMMON or self.lower[word.lower()] > self.capitalised[word]

    def is_name(self, name: str, mentions: int) -> bool:
        """Whether words that so many episodes mention are a name."""
        words = [word for word in name.split(" ") if word[0].isupper()]
        common = sum(map(self.is_common, words))
        if len(words) > 1:
            return mentions > (0 if not common else 1 if common < len(words) else 2)
        is_ordinary = common or len(name) == 1 or name.casefold() in GIVEN_NAMES
        return not is_ordinary and min(mentions, self.capitalised[name]) > 1


def find_names(episodes: Sequence[Episode], known_people: AbstractSet[str]) -> list[FoundNames]:
    """Returns the names in each episode; `known_people` are persons for certain.

    The order of the episodes does not matter.
    """
    texts = [_Text.of(one.key_insight or one.description or "") for one in episodes]
    words = _Words.of(texts)
    mentions = [list(dict.fromkeys(_names(text, words))) for text in texts]
    counts = Counter(name for found in mentions for name in found)
    spellings = _spellings({name: n for name, n in counts.items() if words.is_name(name, n)})
    people = _people(texts, words, spellings.keys()) | known_people
    found = [
        list(dict.fromkeys([*_in_title(one.title, spellings), *_spelled(names, spellings)]))
        for one, names in zip(episodes, mentions, strict=True)
    ]
    shows = _names_of_shows(episodes, found)
    return [
        _chosen(names, people, shows.get(show_of(one), frozenset()))
        for one, names in zip(episodes, found, strict=True)
    ]


def _names(text: _Text, words: _Words) -> Iterator[str]:
    """Yield the words of each run that may be a name."""
    for run in text.runs:
        name = _trimmed(run, words)
        if name and (text.share <= NOUNS_SHARE or " " in name):
            yield name


def _trimmed(run: Run, words: _Words) -> str:
    """The words of a run without common ones and particles at its ends; empty for too many."""
    start, end = 0, len(run.words)
    if run.begins_sentence and words.is_common(run.words[0]):
        start = 1
    while start < end and _is_no_end(run.words[start]):
        start += 1
    while start < end and _is_no_end(run.words[end - 1]):
        end -= 1
    return " ".join(run.words[start:end]) if end - start <= MAX_WORDS else ""


def _is_no_end(word: str) -> bool:
    return word in COMMON or word[-1] == "." or not word[0].isupper()


def _spellings(counts: Mapping[str, int]) -> dict[str, str]:
    """By name: the spelling that most mentions have, of those that differ in case."""
    best: dict[str, str] = {}
    for name in sorted(counts, key=lambda name: (counts[name], name)):
        best[name.casefold()] = name
    return {name: best[name.casefold()] for name in counts}


def _spelled(names: Sequence[str], spellings: Mapping[str, str]) -> Iterator[str]:
    return (spellings[name] for name in names if name in spellings)


def _people(texts: Sequence[_Text], words: _Words, names: AbstractSet[str]) -> set[str]:
    """Those of the names that are persons': by a given name, or by how texts introduce them."""
    found = {name for name in names if is_person(name.split(" "))}
    mentions, introduced = Counter[str](), Counter[str]()
    for text in texts:
        for run in text.runs:
            name = _trimmed(run, words)
            parts = name.split(" ")
            if name in names and may_be_person(parts) and names.isdisjoint(parts):
                mentions[name] += 1
                introduced[name] += is_introduced(text.text, run.start, run.end)
    known = {
        n for n, count in introduced.items() if count and count >= INTRODUCED_SHARE * mentions[n]
    }
    return found | known


def _in_title(title: str, spellings: Mapping[str, str]) -> Iterator[str]:
    """Yield the names in a title, which may be a headline, the longest at each place."""
    for run in runs(title):
        words, at = run.words, 0
        while at < len(words):
            for end in range(min(len(words), at + MAX_WORDS), at, -1):
                if name := spellings.get(" ".join(words[at:end])):
                    yield name
                    at = end - 1
                    break
            at += 1


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
            if (count >= MIN_SHOW and count >= SHOW_SHARE * sizes[show])
            or titles[show].issuperset(name.split(" "))
        }
        for show, names in counts.items()
    }


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
