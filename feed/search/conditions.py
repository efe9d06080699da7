"""Conditions: what the words of a query say of an episode's age and length."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from feed.model.timestamps import DAY_US, from_us, to_us

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_YEAR = r"(?:19|20)\d\d"
_RECENT = re.compile(
    r"\b(?:the )?(?:(?:most )?recent(?:ly)?|latest|newest|new(?= (?:episodes?|ones?)\b))\b",
    re.IGNORECASE,
)
_DATED = re.compile(
    rf"\b(?:in |from |of )?(?:(?P<month>{'|'.join(_MONTHS)}),? )?(?P<year>{_YEAR})\b", re.IGNORECASE
)
_MONTH = re.compile(rf"\b(?:in|from|this|last) (?P<month>{'|'.join(_MONTHS)})\b", re.IGNORECASE)
_RELATIVE = re.compile(
    r"\b(?:(?:from|of|published|released) (?P<day>today|yesterday)"
    r"|(?:in |from |of |during )?(?:the )?(?P<which>this|past|last) (?:(?P<count>\d{1,3}) )?"
    r"(?P<unit>day|week|month|year)s?)\b(?:'s)?",
    re.IGNORECASE,
)
_UNIT_DAYS = {"day": 1, "week": 7, "month": 31, "year": 366}
_LENGTH = r"(?P<count>\d{1,3}|an?|one|half an)[ -]?(?P<unit>minutes?|mins?|hours?|hrs?)\b"
_SHORTER = re.compile(
    rf"\b(?:under|below|less than|shorter than|at most|up to|no longer than) {_LENGTH}",
    re.IGNORECASE,
)
_LONGER = re.compile(rf"\b(?:over|more than|longer than|at least) {_LENGTH}", re.IGNORECASE)
_SHORT = re.compile(r"\bshort(?= (?:episodes?|podcasts?|ones?)\b)", re.IGNORECASE)
_LONG = re.compile(r"\blong(?= (?:episodes?|podcasts?|ones?)\b)", re.IGNORECASE)
SHORT_S = 20 * 60
"""seconds up to which an episode is short"""
LONG_S = 60 * 60
"""seconds from which on an episode is long"""


@dataclass(frozen=True)
class Conditions:
    """What a query asks of an episode beside its words; None where it asks nothing."""

    rest: str
    """the query without the words that say so"""
    is_recent: bool = False
    """whether the newest are asked for"""
    since_us: int | None = None
    until_us: int | None = None
    """time of publication, microseconds since 1970, UTC; the end excluded"""
    year: str = ""
    """the year that the query names, which a title may hold, too"""
    min_duration_s: int | None = None
    max_duration_s: int | None = None

    @property
    def any(self) -> bool:
        """Whether the query asks for anything beside words."""
        return self != Conditions(self.rest)


def read_conditions(text: str, now_us: int) -> Conditions:
    """Read English words for times and lengths. `now_us` is in microseconds since 1970, UTC."""
    longest, text = _length(_SHORTER, text)
    shortest, text = _length(_LONGER, text)
    if longest is None and _SHORT.search(text):
        longest, text = SHORT_S, _SHORT.sub(" ", text)
    if shortest is None and _LONG.search(text):
        shortest, text = LONG_S, _LONG.sub(" ", text)
    is_recent = bool(_RECENT.search(text))
    text = _RECENT.sub(" ", text)
    since_us, until_us, year, text = _period(text, now_us)
    return Conditions(text, is_recent, since_us, until_us, year, shortest, longest)


def _length(pattern: re.Pattern[str], text: str) -> tuple[int | None, str]:
    """The seconds that a pattern finds, and the text without it."""
    found = pattern.search(text)
    if not found:
        return None, text
    count = found["count"].lower()
    number = int(count) if count.isdigit() else 1
    seconds = number * (60 if found["unit"][0].lower() == "m" else 3600)
    return seconds // 2 if count.startswith("half") else seconds, pattern.sub(" ", text, count=1)


def _period(text: str, now_us: int) -> tuple[int | None, int | None, str, str]:
    """Begin, end and year of the period that a text names, and the text without it."""
    now = from_us(now_us)
    if found := _RELATIVE.search(text):
        since_us, until_us = _relative(found, now)
        return since_us, until_us, "", _RELATIVE.sub(" ", text, count=1)
    if found := _DATED.search(text):
        year, month = int(found["year"]), (found["month"] or "").lower()
        since_us, until_us = _months(year, _MONTHS.index(month) + 1 if month else None)
        return since_us, until_us, found["year"], _DATED.sub(" ", text, count=1)
    if found := _MONTH.search(text):
        number = _MONTHS.index(found["month"].lower()) + 1
        since_us, until_us = _months(now.year - (number > now.month), number)
        return since_us, until_us, "", _MONTH.sub(" ", text, count=1)
    return None, None, "", text


def _relative(found: re.Match[str], now: datetime) -> tuple[int, int | None]:
    """Begin and end of a period that is told from now on back."""
    now_us = to_us(now)
    if found["day"]:
        return now_us - (1 + (found["day"].lower() == "yesterday")) * DAY_US, None
    which, unit = found["which"].lower(), found["unit"].lower()
    if unit == "year" and not found["count"] and which != "past":
        return _months(now.year - (which == "last"), None)
    return now_us - int(found["count"] or 1) * _UNIT_DAYS[unit] * DAY_US, None


def _months(year: int, month: int | None) -> tuple[int, int]:
    """Begin and end of a month, or of a whole year."""
    since = datetime(year, month or 1, 1, tzinfo=UTC)
    is_last = month in {None, 12}
    until = datetime(year + is_last, 1 if is_last else (month or 0) + 1, 1, tzinfo=UTC)
    return to_us(since), to_us(until)
