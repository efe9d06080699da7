"""Decodes documents whose bytes may be in another charset than they declare.

The byte order mark, HTTP and the XML declaration (RFC 7303) count as far as the bytes agree with
them; without a usable declaration the charset is detected from the bytes.
"""

import codecs
import contextlib
import re
from collections.abc import Iterator

SAMPLE_BYTES = 20_000
"""at most so many bytes are given to the detector"""

_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s{0,20}=\s{0,20}[\"']\s{0,20}([\w.:-]{1,40})")
_LANGUAGE = re.compile(
    rb"(?:<(?:dc:)?language>(?:<!\[CDATA\[)?\s{0,20}|xml:lang=[\"'])"
    rb"(zh-(?:tw|hk|hant)|[a-z]{2})\b",
    re.IGNORECASE,
)
_ASCII = re.compile(r"[\x00-\x7f]+")
_NOT_ASCII = re.compile(rb"[^\n]{0,200}[\x80-\xff][^\n]{0,200}")
# Python's other codecs are no character sets, and punycode's decoder takes quadratic time.
_CHARSET = re.compile(
    r"utf|ascii|iso8859|cp\d|koi8|gb|big5|euc|shift|iso2022|mac|johab|hz|tis|ptcp"
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Labels stand for the larger Windows charset (https://encoding.spec.whatwg.org/#names-and-labels).
_LABELS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
# The charset of old pages in each language (https://html.spec.whatwg.org/#determining-the-character-encoding).
_LEGACY_CHARSETS = {
    **dict.fromkeys((b"bs", b"cs", b"hr", b"hu", b"pl", b"ro", b"sk", b"sl"), ("cp1250",)),
    **dict.fromkeys((b"be", b"bg", b"kk", b"mk", b"ru", b"sr", b"uk"), ("cp1251",)),
    b"ar": ("cp1256",),
    b"el": ("cp1253",),
    b"fa": ("cp1256",),
    b"he": ("cp1255",),
    b"ja": ("euc_jp", "cp932"),
    b"ko": ("cp949",),
    b"th": ("cp874",),
    b"tr": ("cp1254",),
    b"zh": ("gb18030",),
    **dict.fromkeys((b"zh-tw", b"zh-hk", b"zh-hant"), ("big5hkscs",)),
}
_DETECTED = ("gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1251", "koi8_r", "cp1253", "cp1256")
# XML 1.0 allows none of these anywhere; one of them is a common reason why a feed is not XML.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def decode(body: bytes, charset: str | None = None) -> str:
    """The text of a document, without characters that XML forbids. Never fails.

    `charset` is the one that the HTTP header `Content-Type` names, if any.
    """
    return _CONTROLS.sub("", _decoded(body, charset)).removeprefix("\ufeff")


def _decoded(body: bytes, charset: str | None) -> str:
    wide = next((name for bom, name in _BOMS if body.startswith(bom)), None) or _unmarked(body)
    if wide and wide != "utf-8":
        return body.decode(wide, "replace")
    declared = _DECLARED.search(body, 0, 2_000)
    named = [_known(charset), _known(declared[1].decode()) if declared else None]
    if body.isascii():  # or a seven-bit charset, which gives ASCII bytes another meaning
        seven = next((n for n in named if n and n.startswith(("iso2022", "hz"))), "ascii")
        return body.decode(seven, "replace")
    with contextlib.suppress(UnicodeDecodeError):
        return body.decode()
    return _legacy(body, [name for name in named if name and name != "utf-8"])


def _unmarked(body: bytes) -> str | None:
    """UTF-16 or UTF-32 without a byte order mark, told by zero bytes in the tags; else None."""
    head = body[:64]
    if b"<\0\0\0" in head:
        return "utf-32-le"
    if b"\0\0\0<" in head:
        return "utf-32-be"
    odd, even = head[1::2].count(0), head[::2].count(0)
    if max(odd, even) * 4 < len(head):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _known(name: str | None) -> str | None:
    """Python's name of a charset that extends ASCII; None for any other name."""
    found = None
    with contextlib.suppress(LookupError, ValueError):
        found = codecs.lookup((name or "").strip("\"' ")).name
    if not found or not _CHARSET.match(found) or found.startswith(("utf-16", "utf-32", "utf-7")):
        return None
    return "utf-8" if found.startswith("utf") else _LABELS.get(found, found)


def _legacy(body: bytes, named: list[str]) -> str:
    for name in named:
        text = body.decode(name, "replace")
        if _mostly_decoded(text):
            return text
    if _mostly_decoded(body.decode("utf-8", "replace")):
        return body.decode("utf-8", "windows-1252")  # UTF-8 with a few Windows characters
    for name in _guesses(body):
        with contextlib.suppress(UnicodeDecodeError):
            return body.decode(name)
    return body.decode("cp1252", "replace")


def _mostly_decoded(text: str) -> bool:
    """Whether at most a fifth of the characters beyond ASCII are replacement characters."""
    foreign = len(text) - sum(map(len, _ASCII.findall(text)))
    return text.count("\ufffd") * 5 <= foreign


def _guesses(body: bytes) -> Iterator[str]:
    language = _LANGUAGE.search(body, 0, 65_536)
    yield from _LEGACY_CHARSETS.get(language[1].lower() if language else b"", ())
    if _is_western(body):
        yield "cp1252"
    import charset_normalizer  # noqa: PLC0415  slow to import, rarely needed

    sample = b"\n".join(_NOT_ASCII.findall(body, 0, 50 * SAMPLE_BYTES))[:SAMPLE_BYTES]
    best = charset_normalizer.from_bytes(sample, cp_isolation=list(_DETECTED)).best()
    if best is not None:
        yield "big5hkscs" if best.encoding == "big5" else best.encoding


def _is_western(body: bytes) -> bool:
    """Whether letters beyond ASCII mostly stand alone in ASCII words, as in "Tür"."""
    runs = _FOREIGN.findall(body, 0, 50 * SAMPLE_BYTES)
    if not runs:
        return b"\x83" not in body  # the first byte of katakana in Shift JIS
    return len(_ACCENTED.findall(body, 0, 50 * SAMPLE_BYTES)) * 2 > len(runs)


# Without the Windows quotes and dashes, which stand alone in every language.
_FOREIGN = re.compile(rb"[\x80-\xff]{2,}|[\xc0-\xff]")
_ACCENTED = re.compile(
    rb"(?<=[A-Za-z])[\xc0-\xff](?![\x80-\xff])|(?<![\x80-\xff])[\xc0-\xff](?=[A-Za-z])"
)


def _windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Codec error handler: decodes bytes that are no UTF-8 as Windows-1252."""
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101  decode() raises no other
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", "replace"), error.end


codecs.register_error("windows-1252", _windows_1252)
