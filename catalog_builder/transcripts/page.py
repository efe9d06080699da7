"""Reads transcripts in HTML and in plain text."""

import re

from catalog_builder.transcripts.captions import in_order
from catalog_builder.transcripts.cues import MAX_CUES, Cue, clock_s, plain, speaker_name

_TOKEN = re.compile(r"<!--|<(/?)([A-Za-z][A-Za-z0-9:-]*+)[^<>]*>|<[!?][^<>]*>")
_UNSEEN = frozenset({"script", "style", "template", "title", "noscript", "svg", "head", "nav"})
_INLINE = frozenset(
    {"a", "abbr", "b", "big", "code", "em", "font", "i", "mark", "small", "span", "strong", "sub"}
    | {"sup", "tt", "u"}
)


def page_cues(text: str) -> list[Cue]:
    """The cues of an HTML transcript: one for each block of text, at most `MAX_CUES`.

    `<time>` says when the blocks behind it begin, and `<cite>` who speaks them, as the podcast
    namespace describes it. Takes time in proportion to the length, whatever the HTML.
    """
    reader = _Reader()
    place = 0
    while (token := _TOKEN.search(text, place)) and len(reader.cues) < MAX_CUES:
        reader.read(text[place : token.start()])
        place = token.end()
        if token[0] == "<!--":
            end = text.find("-->", place)
            place = len(text) if end < 0 else end + 3
        elif token[2]:
            reader.pass_tag(token[2].lower(), is_end=bool(token[1]))
    reader.read(text[place:])
    reader.close()
    return in_order(reader.cues)


def text_cues(text: str) -> list[Cue]:
    """The cues of a plain text: one for each line that is not empty, at most `MAX_CUES`."""
    lines = (plain(line) for line in text.splitlines()[:MAX_CUES])
    return [Cue(None, line) for line in lines if line]


class _Reader:
    """Collects cues while the tags and texts of a page pass."""

    def __init__(self) -> None:
        self.cues: list[Cue] = []
        self._pieces: list[str] = []
        self._start_s: float | None = None
        self._speaker = ""
        self._unseen = ""
        """element in which nothing is seen, of which the end has not come yet"""

    def read(self, text: str) -> None:
        """Take a text between two tags."""
        if not self._unseen:
            self._pieces.append(text)

    def pass_tag(self, name: str, *, is_end: bool) -> None:
        """Take a tag."""
        if self._unseen:
            ends = is_end and name == self._unseen
            if ends or (self._unseen, name) == ("head", "body"):  # no head needs an end
                self._unseen = ""
        elif name in _UNSEEN and not is_end:
            self._unseen = name
        elif name in {"cite", "time"} and is_end:
            found = "".join(self._pieces)
            self._pieces.clear()
            if name == "cite":
                self._speaker = speaker_name(found)
            elif (at := clock_s(plain(found))) is not None:
                self._start_s = at
        elif name not in _INLINE:
            self.close()

    def close(self) -> None:
        """End a block."""
        if said := plain("".join(self._pieces)):
            self.cues.append(Cue(self._start_s, said, self._speaker))
        self._pieces.clear()
