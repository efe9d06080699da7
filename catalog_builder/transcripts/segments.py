"""Reads transcripts in JSON: segments with times, as the podcast namespace describes them."""

from typing import Any

import msgspec

from catalog_builder.transcripts.captions import in_order
from catalog_builder.transcripts.cues import (
    MAX_CUES,
    Cue,
    TranscriptError,
    known_s,
    plain,
    speaker_name,
)


def decode_json(text: str) -> dict[str, Any]:
    """The object that a text is. Raises `TranscriptError`."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise TranscriptError(f"no JSON: {error}") from error
    if not isinstance(found, dict):
        raise TranscriptError("expected a JSON object")
    return found


def segment_cues(text: str) -> list[Cue]:
    """The cues of a JSON transcript, at most `MAX_CUES`, in the order of their times.

    Segments without a text are left out. Raises `TranscriptError`.
    """
    segments = decode_json(text).get("segments")
    if not isinstance(segments, list):
        raise TranscriptError("JSON without `segments`")
    cues = []
    for one in segments[:MAX_CUES]:
        if not isinstance(one, dict) or not isinstance(one.get("body"), str):
            continue
        if said := plain(one["body"]):
            speaker = one.get("speaker")
            name = speaker_name(speaker) if isinstance(speaker, str) else ""
            cues.append(Cue(known_s(one.get("startTime")), said, name))
    return in_order(cues)
