"""Output filter: lets only citations of given sources, and no links or markup, out of a text.

A model may repeat what stands in an episode's description, so nothing that it writes is trusted. In
what comes out, every `[` begins a citation `[n]` of a source that was given, and there is no `<`,
`>`, `://` and `www.`.

The filter reads one character after another, so its result does not depend on how the text was cut
into fragments.
"""

import re
import unicodedata

MAX_CITATION = 40
"""characters of one pair of brackets with numbers in it"""
LINK = "…"
"""stands for a link that was removed"""

_CITATION = re.compile(r" ?\[[\d ,;]*\d[\d ,;]*\]", re.ASCII)
_CITATION_BEGUN = re.compile(rf" ?\[[\d ,;]{{0,{MAX_CITATION}}}", re.ASCII)
_LINK_STARTS = ("http://", "https://", "://", "www.")
_IN_LINK = re.compile(r"[^\s<>\"'()\[\]{}]")
_WORD = re.compile("[A-Za-z0-9]+")
_REPLACED = {"[": "(", "]": ")", "<": "\u2039", ">": "\u203a"}
_JOINERS = "\u200c\u200d"
"""invisible, and part of some scripts and of emoji"""


class OutputFilter:
    """Filters one text, fragment by fragment."""

    def __init__(self, sources: int) -> None:
        """Let citations of the sources 1 to `sources` pass."""
        self._sources = sources
        self._held = ""
        """characters of which it is not yet known what they are"""
        self._in_link = False
        self._tail = ""
        """the last four characters that came out"""
        self.citations_removed = 0
        self.links_removed = 0

    def feed(self, text: str) -> str:
        """Return what of the text so far can be shown, behind what was returned before."""
        out, at = "", 0
        while at < len(text):
            word = _WORD.match(text, at)
            if word and self._is_plain(word[0]):
                out += (self._emit(self._held) if self._held else "") + self._emit(word[0])
                self._held, at = "", word.end()
            else:
                out += self._step(text[at])
                at += 1
        return out

    def close(self) -> str:
        """Return the rest, at the end of the text."""
        self._in_link = False
        return self._released(at_end=True)

    def _is_plain(self, word: str) -> bool:
        """Whether a word cannot be part of anything but the text: most are, which saves time."""
        if self._in_link or self._held not in {"", " "}:
            return False
        return word[0] not in "hHwW" or (not self._held and self._tail[-1:].isalnum())

    def _step(self, char: str) -> str:
        if self._in_link:
            if _IN_LINK.match(char):
                return ""
            self._in_link = False
        if unicodedata.category(char) in {"Cc", "Cf", "Cs"} and char not in "\n\t" + _JOINERS:
            return ""  # invisible: it could hide text, or turn its direction
        self._held += char
        return self._released(at_end=False)

    def _released(self, *, at_end: bool) -> str:
        out = ""
        while held := self._held:
            if _CITATION.fullmatch(held):
                out += self._emit(self._citation(held))
                self._held = ""
            elif self._begins_link(held):
                if held.lower() in _LINK_STARTS:
                    self.links_removed += 1
                    self._in_link, self._held = True, ""
                    out += self._emit(LINK)
                elif at_end:
                    out += self._emit(held[0])
                    self._held = held[1:]
                else:
                    break
            elif not at_end and (held == " " or _CITATION_BEGUN.fullmatch(held)):
                break
            else:
                out += self._emit(_REPLACED.get(held[0], held[0]))
                self._held = held[1:]
        return out

    def _begins_link(self, held: str) -> bool:
        """Whether what is held may become the beginning of a link."""
        if not any(one.startswith(held.lower()) for one in _LINK_STARTS):
            return False
        return held[0] == ":" or not self._tail[-1:].isalnum()

    def _citation(self, held: str) -> str:
        """Return a text with citations as `[1][2]`, without those of sources not given."""
        numbers = re.findall(r"\d+", held)
        given = [int(one) for one in numbers if 1 <= int(one) <= self._sources]
        self.citations_removed += len(numbers) - len(given)
        text = "".join(f"[{one}]" for one in dict.fromkeys(given))
        return f" {text}" if text and held[0] == " " else text

    def _emit(self, text: str) -> str:
        """Return a character or citations, apart from what it would make a link with.

        That may have moved there because a citation between was removed.
        """
        if not self._tail:
            text = text.lstrip()
        if self._tail[-1:] == "]" and text[:1] in {"(", ":"}:
            text = f" {text}"  # "[1](" and "[1]:" are links in Markdown
        if (text == "/" and self._tail.endswith(":/")) or (text == "." and self._ends_in_www()):
            text = f" {text}"
        self._tail = (self._tail + text)[-4:]
        return text

    def _ends_in_www(self) -> bool:
        return self._tail[-3:].lower() == "www" and not self._tail[:-3].isalnum()
