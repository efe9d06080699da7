"""Parses the publication dates of feeds, in standard and other formats.

Three parsers, each slower and more lenient than the one before: the standard library's for standard
formats, dateutil for English in any order, dateparser for other languages. Zone names are those of
dateparser's table; a time without a known zone is UTC. No clock is read: what lacks its year, month
or day is no date.
"""

import re
import warnings
from datetime import UTC, datetime, timedelta
from email.utils import mktime_tz, parsedate_tz
from functools import lru_cache
from typing import Any

MAX_CHARS = 80
MAX_LENIENT = 500
"""dates of a feed given to dateparser, which is slow"""
MAX_UNPARSED = 20
"""dates of a feed that dateparser may fail to parse before it is given no more"""

_DIGITS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_RFC_822 = re.compile(
    r"(?:[A-Za-z]{3,9}[,.]*\s*)?(\d{1,2})[\s-]+([A-Za-z]{3})[a-z]*[.]?[\s-]+(\d{4}|\d{2})\s+"
    r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*([+-]\d{4}|[A-Za-z]{1,5}))?"
)
_ISO = re.compile(r"\d{4}-?\d{2}-?\d{2}(?:[T ]?\d{2}.*)?")
_COMMENT = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_OFFSET = re.compile(
    r"\s*(?:\b(?:GMT|UTC|UT|Z)|(?<=:\d\d))\s*([+-])\s*(\d{1,2})(?::?(\d{2}))?(?!\d)", re.IGNORECASE
)
_MIDNIGHT = re.compile(r"(?<![\d:])24:00(:00(?:[.]0+)?)?(?!\d)")
# An hour of 24 with a superfluous "am" or "pm", which dateutil refuses.
_OF_24 = re.compile(
    r"(?<![\d:])((?:1[3-9]|2[0-3]|00?):\d{2}(?::\d{2})?)\s*[ap][.]?m\b[.]?", re.IGNORECASE
)
_DOTTED = re.compile(r"(?<!\d)\d{1,2}[.]\s?\d{1,2}[.]\s?\d{4}\b")
_DAY_AND_YEAR = re.compile(r"(?=.*\d{4}).*\d+\D+\d", re.DOTALL)
_WEEKDAY = re.compile(r"[^\W\d]+[.]?,?\s+(?=\d{1,2}\W+[^\W\d]{3})")
# The zones of RFC 822, and IST: Israel's in dateparser's table, but India's in most feeds.
_ZONES = {"UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "EST": -18_000, "EDT": -14_400, "CST": -21_600}
_ZONES |= {"CDT": -18_000, "MST": -25_200, "MDT": -21_600, "PST": -28_800, "PDT": -25_200}
_ZONES |= {"IST": 19_800}
_MONTH_FIRST = frozenset({"", "en", "en-us", "en-ca", "en-ph"})
# The languages of most podcasts; dateparser takes seconds to try all that it knows.
_LANGUAGES = (
    *("en", "es", "pt", "fr", "de", "it", "nl", "pl", "ru", "tr", "sv", "da", "nb", "fi", "cs"),
    *("ja", "ko", "zh", "uk", "ro", "hu", "id", "el", "hr", "sk", "bg", "ca", "he", "ar", "fa"),
    *("vi", "th", "hi", "sl", "lt", "lv", "et"),
)


class DateParser:
    """Parses the dates of one feed.

    `language` is the feed's language tag, "" if unknown: it decides whether 1/2/2026 is in January.
    """

    def __init__(self, language: str) -> None:
        self._day_first = language.replace("_", "-") not in _MONTH_FIRST
        self._languages = [language[:2]] if language[:2] in _LANGUAGES else []
        self._parse_other = lru_cache(maxsize=None)(self._parse_nonstandard)
        self._lenient = self._unparsed = 0

    def parse(self, text: str) -> datetime | None:
        """The moment of a date, in UTC; None if the text cannot be parsed as a date."""
        text = " ".join(_COMMENT.sub(" ", text).split())
        if not text or len(text) > MAX_CHARS:
            return None
        try:
            found = _parse_standard(text) or self._parse_other(text)
        except (ValueError, OverflowError):
            return None
        return found.astimezone(UTC) if found else None

    def _parse_nonstandard(self, text: str) -> datetime | None:
        text = _OFFSET.sub(_offset, text)
        text, later = _MIDNIGHT.subn("00:00", text, count=1)
        text = _OF_24.sub(r"\1", text)
        found = (
            self._dateutil(text)
            or self._dateparser(_WEEKDAY.sub("", text, count=1))
            or _parse_mail_date(text)
        )
        if found is None:
            return None
        return (found if found.tzinfo else found.replace(tzinfo=UTC)) + timedelta(days=later)

    def _dateutil(self, text: str) -> datetime | None:
        from dateutil import parser  # noqa: PLC0415  few feeds need it

        # Parts that a date lacks come from the default: two defaults reveal them.
        day_first = self._day_first or _DOTTED.search(text) is not None
        defaults = datetime(2000, 1, 1, tzinfo=UTC), datetime(2001, 2, 2, tzinfo=UTC)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", parser.UnknownTimezoneWarning)
                one, other = (
                    parser.parse(text, default=d, dayfirst=day_first, tzinfos=_zone)
                    for d in defaults
                )
        except (ValueError, OverflowError, TypeError, AttributeError, Warning):
            return None
        return one if one == other else None

    def _dateparser(self, text: str) -> datetime | None:
        if self._lenient >= MAX_LENIENT or self._unparsed >= MAX_UNPARSED:
            return None
        if not _DAY_AND_YEAR.match(text):
            return None
        from dateparser import parse  # noqa: PLC0415  one feed in hundreds needs it

        self._lenient += 1
        settings: Any = {
            "PARSERS": ["absolute-time"],
            "REQUIRE_PARTS": ["day", "month", "year"],
            "RELATIVE_BASE": datetime(2000, 1, 1),  # noqa: DTZ001  as dateparser wants it
            "TIMEZONE": "UTC",
            "RETURN_AS_TIMEZONE_AWARE": True,
        }
        for languages in (self._languages, list(_LANGUAGES)):
            found = parse(text, languages=languages, settings=settings) if languages else None
            if isinstance(found, datetime):
                return found
        self._unparsed += 1
        return None


def _parse_standard(text: str) -> datetime | None:
    """Parses RFC 822, RFC 3339 and numbers."""
    if text.isdecimal() and text.isascii():
        return _parse_number(text)
    plain = _RFC_822.fullmatch(text)
    if plain and (parsed := parsedate_tz(text)) and parsed[0] > 0:
        zone = plain[7] or "UTC"
        seconds = parsed[9] if zone[0] in "+-" else _zone(zone, None)
        if seconds is None:
            return None
        return datetime.fromtimestamp(mktime_tz((*parsed[:9], seconds)), UTC)
    if _ISO.fullmatch(text):
        text, later = _MIDNIGHT.subn("00:00:00", text, count=1)
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return None
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found + timedelta(days=later)
    return None


def _parse_mail_date(text: str) -> datetime | None:
    """Parses what mail programs accept: `10.30.15`, `23:59:60`, an unknown zone (as UTC)."""
    parsed = parsedate_tz(text)
    if parsed is None or parsed[2] > 31:  # that day is the year  # noqa: PLR2004
        return None
    return datetime.fromtimestamp(mktime_tz((*parsed[:9], parsed[9] or 0)), UTC)


def _parse_number(digits: str) -> datetime | None:
    if len(digits) in _DIGITS:
        return datetime.strptime(digits, _DIGITS[len(digits)]).replace(tzinfo=UTC)
    seconds = {9: 1, 10: 1, 13: 1000}.get(len(digits))
    return datetime.fromtimestamp(int(digits) / seconds, UTC) if seconds else None


def _offset(match: re.Match[str]) -> str:
    """The offset "+0200" of "GMT+2", which dateutil takes for two hours west."""
    return f" {match[1]}{int(match[2]):02}{match[3] or '00'}"


def _zone(name: str | None, offset: int | None) -> int | None:
    """Seconds east of Greenwich, for dateutil; None for an unknown zone."""
    if not name:
        return offset
    known = _ZONES.get(name.upper())
    return _more_zones().get(name.upper()) if known is None else known


@lru_cache(maxsize=1)
def _more_zones() -> dict[str, int]:
    from dateparser.timezones import timezone_info_list  # noqa: PLC0415  takes half a second

    table: dict[str, int] = {}
    for group in timezone_info_list:
        for name, seconds in group["timezones"]:
            if name.isalpha() and name.isupper():
                table.setdefault(name, seconds)
    return table


def interpolate_dates(
    dates: list[datetime | None], feed_date: datetime | None
) -> list[datetime | None]:
    """The dates of a feed's episodes, with missing ones interpolated from their neighbours.

    If all are missing, each is `feed_date`.
    """
    known = [n for n, date in enumerate(dates) if date is not None]
    if not known:
        return [feed_date] * len(dates)
    full = list(dates)
    for before, after in zip([-1, *known], [*known, len(dates)], strict=True):
        first = dates[before] if before >= 0 else dates[after]
        last = dates[after] if after < len(dates) else first
        if first is None or last is None:
            continue
        step = (last - first) / (after - before)
        for n in range(before + 1, after):
            full[n] = (first + step * (n - before)).replace(microsecond=0)
    return full
