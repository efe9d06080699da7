"""Chapters and the transcript of an episode, as they lie beside a snapshot and are answered."""

from typing import Annotated

import msgspec

Seconds = Annotated[float, msgspec.Meta(ge=0)]
"""a place in the audio, from its beginning"""


class Chapter(msgspec.Struct, frozen=True, omit_defaults=True):
    """A chapter of an episode."""

    start_s: Seconds
    title: str
    """empty where the chapter has only a picture or a link"""
    url: str | None = None
    """a page about it"""
    image_url: str | None = None


class TranscriptPart(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some sentences of a transcript."""

    text: str
    """a line for each speaker within the part; from the second one on it begins with the name"""
    start_s: Seconds | None = None
    """where they begin; none where the transcript has no times"""
    speaker: str | None = None
    """who speaks first, if the transcript says so"""


class Transcript(msgspec.Struct, frozen=True):
    """What is known of an episode's course."""

    chapters: list[Chapter]
    """in the order of their times"""
    parts: list[TranscriptPart]
    """in the order of their times; of about 600 characters each"""
