"""Documents are decoded although their declared charset may be wrong."""

import pytest

from adapters.rss.parser.charset import decode
from tests.support.feed_documents import entries

RSS = "<rss><channel><language>{}</language><item><title>{}</title></item></channel></rss>"


def title(body: bytes, content_type: str | None = None) -> str:
    return entries(body, content_type=content_type)[0]["title"]


def feed(title: str, charset: str, declared: str | None, language: str = "en") -> bytes:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return (head + RSS.format(language, title)).encode(charset)


@pytest.mark.parametrize(
    ("text", "charset", "declared"),
    [
        ("Café “talk”", "cp1252", "utf-8"),
        ("Café “talk”", "cp1252", "iso-8859-1"),
        ("25 Prozent mehr Geräte, für Käufer", "cp1252", "utf-8"),
        ("Mañana está aquí la canción", "cp1252", None),
        ("Now for £2", "cp1252", "utf-8"),
        ("Café talk", "utf-8", "iso-8859-1"),
        ("Café talk", "utf-8", "us-ascii"),
        ("朱镕基", "gb18030", "gb2312"),
        ("Привет", "cp1251", "windows-1251"),
        ("Привет, это подкаст про море: как там живут и что там ловят", "cp1251", "utf-8"),
        ("番組①", "cp932", "shift_jis"),
        ("番組", "iso2022_jp", "iso-2022-jp"),
        ("Привет", "utf-16-le", "utf-16"),
        ("Привет", "utf-16-be", None),
        ("Привет", "utf-16", "utf-16"),
        ("Привет", "utf-8-sig", "windows-1252"),
        ("x", "utf-8", "punycode"),
    ],
)
def test_a_title_is_read_whatever_is_declared(text: str, charset: str, declared: str) -> None:
    assert title(feed(text, charset, declared)) == text


def test_a_declaration_may_have_spaces_and_stand_late() -> None:
    body = '\n<b>Warning</b>\n<?xml version="1.0" encoding = "windows-1251"?>' + RSS
    assert title(body.format("ru", "Привет").encode("cp1251")) == "Привет"


@pytest.mark.parametrize("declared", [None, "koi8-r"])
@pytest.mark.parametrize("header", ["text/xml; charset=windows-1251", 'text/xml; charset="CP1251"'])
def test_the_charset_of_http_goes_before_any_declaration(header: str, declared: str | None) -> None:
    assert title(feed("Привет", "cp1251", declared), header) == "Привет"


@pytest.mark.parametrize(
    ("text", "charset", "language"),
    [
        ("Příliš žluťoučký", "cp1250", "cs"),
        ("שלום עולם", "cp1255", "he"),
        ("番組", "euc_jp", "ja"),
        ("播客", "big5", "zh-TW"),
    ],
)
def test_without_a_declaration_the_language_tells(text: str, charset: str, language: str) -> None:
    assert title(feed(text, charset, None, language)) == text


def test_a_few_bytes_of_windows_in_utf_8_spoil_nothing_else() -> None:
    body = RSS.format("en", "Привет, мир X и все").encode().replace(b"X", b"\x93a\x94")
    assert title(body) == "Привет, мир “a” и все"


def test_a_charset_that_lies_or_is_none_does_no_harm() -> None:
    for charset in ("utf-16", "punycode", "idna", "undefined", "zlib", "nonsense", "os", "..x"):
        body = f'<?xml version="1.0" encoding="{charset}"?><rss>\u00e9</rss>'.encode()
        assert decode(body) == body.decode()
