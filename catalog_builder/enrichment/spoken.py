"""Names that are said in an episode, by the telling words of its transcript.

A transcript is not read for names, since speech has no reliable capitals: only names that the
catalog knows from texts are looked for.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from feed.model.episode import Episode
from feed.search.words import STOP_WORDS, folded_words

MIN_EPISODES = 2
"""whose texts have a name, for it to be looked for in transcripts"""
MAX_NAMES = 4
"""that one transcript adds"""


def spoken_names(episodes: Sequence[Episode], named: Iterable[Sequence[str]]) -> list[list[str]]:
    """Returns for each episode the names of which every word is a telling word of its transcript.

    `named` are the names in the texts of each episode. The names of which more is said come first.
    """
    counts = Counter(name for names in named for name in set(names))
    words_of = {
        name: frozenset(folded_words(name)) - STOP_WORDS
        for name, n in counts.items()
        if n >= MIN_EPISODES
    }
    by_word: dict[str, list[str]] = {}
    for name in sorted(words_of):
        for word in words_of[name]:
            by_word.setdefault(word, []).append(name)
    return [_said((one.spoken or "").split(), by_word, words_of) for one in episodes]


def _said(
    words: Sequence[str], by_word: dict[str, list[str]], words_of: dict[str, frozenset[str]]
) -> list[str]:
    """The names that lie within some words, the most frequent of which come first."""
    said = frozenset(words)
    found = dict.fromkeys(
        name for word in words for name in by_word.get(word, ()) if words_of[name] <= said
    )
    return list(found)[:MAX_NAMES]
