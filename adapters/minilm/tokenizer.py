"""WordPiece: a text as the numbers of a vocabulary, as BERT's uncased tokenizer makes them.

Devlin et al., 2019, "BERT: Pre-training of deep bidirectional transformers"; Wu et al., 2016.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

_IDEOGRAPHS = (
    *((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F)),
    *((0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)),
)
_MAX_WORD = 100
"""characters from which on a word is unknown"""
_ASCII_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")


class WordPiece:
    """Cuts texts into pieces of one vocabulary."""

    def __init__(self, vocabulary: Path) -> None:
        """Read a vocabulary of one piece a line. Raises OSError and KeyError."""
        lines = vocabulary.read_text(encoding="utf-8").split("\n")
        self._ids = {piece: number for number, piece in enumerate(lines) if piece}
        self._begin, self._end = self._ids["[CLS]"], self._ids["[SEP]"]
        self._unknown = self._ids["[UNK]"]
        self._pieces = lru_cache(1 << 16)(self._pieces_of)

    def encode(self, text: str, most: int) -> list[int]:
        """At most that many numbers: the begin, the text's pieces, and the end."""
        found: list[int] = [self._begin]
        for word in _words(text):
            found += self._pieces(word)
            if len(found) >= most:
                break
        return [*found[: most - 1], self._end]

    def _pieces_of(self, word: str) -> tuple[int, ...]:
        """The longest pieces from the front on; unknown where one is in no vocabulary."""
        if len(word) > _MAX_WORD:
            return (self._unknown,)
        found, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = self._ids.get(("##" if start else "") + word[start:end])
                if piece is not None:
                    found.append(piece)
                    start = end
                    break
            else:
                return (self._unknown,)
        return tuple(found)


def _words(text: str) -> Iterator[str]:
    """Words, punctuation marks and ideographs of a text, in lower case and without accents."""
    spaced = "".join(map(_spaced, text)).lower()
    plain = "".join(
        one for one in unicodedata.normalize("NFD", spaced) if unicodedata.category(one) != "Mn"
    )
    for word in plain.split():
        start = 0
        for at, one in enumerate(word):
            if _is_punctuation(one):
                if at > start:
                    yield word[start:at]
                yield one
                start = at + 1
        if start < len(word):
            yield word[start:]


def _spaced(one: str) -> str:
    """A character, as it is separated: spaces around ideographs, nothing for control characters."""
    if one in "\t\n\r":
        return " "
    if one.isascii():
        return one if one.isprintable() else ""
    if unicodedata.category(one) in {"Cc", "Cf", "Co", "Cs"} or one == "\ufffd":
        return ""
    if any(first <= ord(one) <= last for first, last in _IDEOGRAPHS):
        return f" {one} "
    return " " if unicodedata.category(one) == "Zs" else one


def _is_punctuation(one: str) -> bool:
    if one.isascii():
        return bool(_ASCII_PUNCTUATION.match(one))
    return unicodedata.category(one).startswith("P")
