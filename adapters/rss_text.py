"""Plain text out of what feeds call a description."""

import html
import re
from html.parser import HTMLParser

MAX_HTML_CHARS = 20_000
"""Of a description; the standard library's parser takes quadratic time for some."""

_INLINE = frozenset(
    {"a", "abbr", "b", "big", "cite", "code", "em", "font", "i", "mark", "s", "small", "span"}
    | {"strong", "sub", "sup", "tt", "u"}
)
_UNSEEN = frozenset({"script", "style", "template", "title"})
_TAG = re.compile(r"<[^<>]*>")


def plain(markup: str) -> str:
    """Text of a piece of HTML: no tags, scripts or styles; entities resolved, spaces folded."""
    if len(markup) > MAX_HTML_CHARS:
        markup = markup[:MAX_HTML_CHARS]
        markup = markup[: markup.rfind("<")] if markup.rfind("<") > markup.rfind(">") else markup
    parser = _Text()
    try:
        parser.feed(markup)
        parser.close()
    except AssertionError:  # the parser's way of saying that "<![foo" is no HTML
        return fold(_TAG.sub(" ", markup))
    return " ".join("".join(parser.pieces).split())


def fold(text: str) -> str:
    """Resolve the entities that double escaping leaves behind, and fold white space."""
    return " ".join(html.unescape(text).split())


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._unseen += tag in _UNSEEN
        self._gap(tag)

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        self._gap(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data)

    def _gap(self, tag: str) -> None:
        # "<li>one<li>two" are two words, "re<b>al</b>" is one.
        if tag not in _INLINE:
            self.pieces.append(" ")
