"""Text from titles and descriptions, which may or may not contain HTML."""

import html
import re
from html.parser import HTMLParser

MAX_HTML_CHARS = 20_000
"""of a description; longer ones are cut, since the parser takes quadratic time for some"""

_INLINE = frozenset(
    {"a", "abbr", "b", "big", "cite", "code", "em", "font", "i", "mark", "s", "small", "span"}
    | {"strong", "sub", "sup", "tt", "u"}
)
_BLOCKS = frozenset({"br", "div", "h1", "h2", "h3", "h4", "hr", "img", "li", "ol", "p", "ul"})
_UNSEEN = frozenset({"script", "style", "template", "title"})
_ELEMENTS = (
    _INLINE
    | _BLOCKS
    | _UNSEEN
    | frozenset(
        {"address", "article", "aside", "audio", "blockquote", "body", "button", "caption"}
        | {"center", "col", "dd", "del", "details", "dl", "dt", "embed", "figcaption", "figure"}
        | {"footer", "form", "h5", "h6", "head", "header", "html", "iframe", "input", "ins"}
        | {"link", "main", "meta", "nav", "noscript", "object", "option", "picture", "pre", "q"}
        | {"section", "select", "source", "strike", "summary", "svg", "table", "tbody", "td"}
        | {"textarea", "tfoot", "th", "thead", "time", "tr", "video"}
    )
)
_TAG = re.compile(r"<[^<>]*>")
_NAMED_TAG = re.compile(r"<(/?)([A-Za-z][\w:.-]*)(?:\s[^<>]*)?/?>")
_REST = r"""(?:\s(?:[^"<>]|"[^"]*")*)?>"""
_INLINE_TAG = re.compile(f"</?(?:{'|'.join(sorted(_INLINE))}){_REST}")
_ANY_TAG = re.compile(f"</?[a-z][a-z0-9]*{_REST}")
# With its semicolon: "&section" is no "§ion".
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Text in Windows-1252 that claims to be ISO-8859-1: control characters are quotes and dashes.
_WINDOWS = {
    code: text for code in range(0x80, 0xA0) if (text := bytes([code]).decode("cp1252", "ignore"))
}

_CONTROL = re.compile("[\x80-\x9f]")


def strip_html(markup: str) -> str:
    """Text of HTML without tags, scripts and styles; resolves entities, folds white space."""
    if len(markup) > MAX_HTML_CHARS:
        markup = markup[:MAX_HTML_CHARS]
        markup = markup[: markup.rfind("<")] if markup.rfind("<") > markup.rfind(">") else markup
    parser = _Text()
    try:
        parser.feed(markup)
        parser.close()
    except (AssertionError, ValueError):  # "<![foo", or a character's number of thousands of digits
        return fold_whitespace(_TAG.sub(" ", markup))
    return " ".join("".join(parser.pieces).translate(_WINDOWS).split())


def title_text(text: str) -> str:
    """Text of a title; strips tags only if all are HTML's, so "C++ <vector>" stays."""
    tags = _NAMED_TAG.findall(text)
    is_html = any(end or name.lower() in _BLOCKS for end, name in tags) and all(
        name.lower() in _INLINE | _BLOCKS for _, name in tags
    )
    return fold_whitespace(strip_html(text) if is_html else text)


def is_html(text: str) -> bool:
    """Whether a text has tags of HTML; "<vector>" is none."""
    return "<" in text and any(one[2].lower() in _ELEMENTS for one in _NAMED_TAG.finditer(text))


def html_lines(markup: str) -> str:
    """Text of HTML as a sanitiser writes it, one line for each paragraph, line break or list item.

    Whatever else HTML may be is not understood: a comment, a script, a tag that is not closed.
    """
    words = _INLINE_TAG.sub("", markup.replace("\n", " "))
    text = html.unescape(_ANY_TAG.sub("\n", words))
    if _CONTROL.search(text):  # seldom, and slow to replace
        text = text.translate(_WINDOWS)
    return "\n".join(" ".join(line.split()) for line in text.split("\n") if line.strip())


def description_text(text: str) -> str:
    """Text of a description: strips HTML, or resolves the entities of plain text.

    Plain text keeps its line breaks. "<vector>", which is not an element of HTML, is not a tag.
    """
    if is_html(text):
        return strip_html(text)
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def fold_whitespace(text: str) -> str:
    """Fold white space, and resolve entities that double escaping left behind."""
    resolved = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return " ".join(resolved.translate(_WINDOWS).split())


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
