"""Telling words of transcripts, by which a search finds their episodes."""

from collections import Counter
from collections.abc import Iterable, Sequence

from feed.model.transcript import TranscriptPart
from feed.search.words import STOP_WORDS, folded_words

MAX_WORDS = 60
"""of one transcript that are kept"""
MIN_SAID = 2
"""times that a word is said, at least: what is said once may be misheard"""
MAX_WORD_CHARS = 30
"""longer words are those of scripts without spaces: whole sentences"""
MIN_WORD_CHARS = 3
MAX_SHARE = 0.1
"""of the episodes with a transcript: words that more of them have tell none from the other"""
MIN_EPISODES = 20
"""with a transcript, below which no word counts as common"""


def telling_words(parts: Iterable[TranscriptPart]) -> str:
    """The words that are said most often in a transcript, the most frequent first."""
    counts = Counter(
        word
        for part in parts
        for word in folded_words(part.text)
        if MIN_WORD_CHARS <= len(word) <= MAX_WORD_CHARS and word not in STOP_WORDS
    )
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return " ".join(word for word, count in ordered[:MAX_WORDS] if count >= MIN_SAID)


def without_common(spoken: Sequence[str]) -> list[str]:
    """The words of each episode without those that too many episodes have."""
    having = sum(map(bool, spoken))
    if having < MIN_EPISODES:
        return list(spoken)
    counts = Counter(word for words in spoken for word in words.split())
    common = {word for word, count in counts.items() if count > MAX_SHARE * having}
    return [" ".join(word for word in words.split() if word not in common) for words in spoken]
