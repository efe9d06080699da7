"""What a photo says: the mood, what goes with it, and words to search a catalog by."""

from typing import Annotated

import msgspec

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Degree = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a photo says."""

    mood: Annotated[list[Word], msgspec.Meta(min_length=1, max_length=6)]
    """words for the mood of the photo"""
    themes: Annotated[list[Word], msgspec.Meta(max_length=8)]
    """subjects that suit it"""
    energy: Degree
    """0 calm to 1 lively"""
    valence: Degree
    """0 gloomy to 1 cheerful"""
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """words to search a catalog by, separated by commas"""
