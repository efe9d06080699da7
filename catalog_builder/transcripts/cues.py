"""Cues: what of a transcript is said at one time, and the clocks and texts that they consist of."""

import html
import re
from contextlib import suppress
from typing import NamedTuple

from feed.model.episode import MAX_DURATION_S

MAX_CUES = 200_000
"""of one transcript; some have one for each word"""
MAX_SPEAKER_CHARS = 80

_CLOCK = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,6})(?:[.,](\d{1,9}))?")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<\d[\d:.]*>")
"""an element of HTML or WebVTT, or the time of a word"""
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\U000e0000-\U000e007f]"
)
"""control characters, and those that only steer how a text is set"""


class Cue(NamedTuple):
    """What is said at one time."""

    start_s: float | None
    """seconds from the beginning; None where the transcript does not say"""
    text: str
    """one line, not empty"""
    speaker: str = ""
    """empty where the transcript does not say"""


class TranscriptError(ValueError):
    """A file that is no transcript, or no list of chapters; the message says why."""


def clock_s(text: str) -> float | None:
    """The seconds of a clock such as `1:02:03.5`, `02:03,500` or `63`; None if it is none."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds = (int(one or 0) for one in found.groups()[:3])
    return known_s(hours * 3600 + minutes * 60 + seconds + float(f"0.{found[4] or 0}"))


def known_s(seconds: object) -> float | None:
    """A number of seconds, to the millisecond; None for what no place in an episode can be."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return round(float(seconds), 3) if 0 <= seconds <= MAX_DURATION_S else None


def plain(text: str) -> str:
    """A text as one line: without markup, with its entities resolved, without what is not seen."""
    if "<" in text:
        text = _TAG.sub("", text)
    if "&" in text:
        with suppress(ValueError):  # the number of a character has thousands of digits
            text = html.unescape(text)
    return " ".join(_UNSEEN.sub("", text).split())


def speaker_name(text: str) -> str:
    """The name of a speaker, without the colon behind it; empty for what is too long for one."""
    name = plain(text).rstrip(":").rstrip()
    return name if len(name) <= MAX_SPEAKER_CHARS else ""
