"""Joins cues to parts of about the same length, which begin and end with sentences."""

from collections.abc import Iterator, Sequence

from catalog_builder.transcripts.cues import Cue
from feed.model.transcript import TranscriptPart

PART_CHARS = 600
"""a part ends with the first sentence that ends behind so many characters"""
MAX_PART_CHARS = 900
"""a part ends there, with or without a sentence"""
TURN_CHARS = 300
"""a part of so many characters ends where another speaker begins"""
MAX_CHARS = 800_000
"""of all parts: some 13 hours of speech"""

_ENDS = (".", "!", "?", "\u2026", "\u3002", "\uff01", "\uff1f", "\u061f", "\u0964")
_CLOSING = "\"'\u201d\u2019)]\u300d\u300f"


def joined(cues: Sequence[Cue]) -> list[TranscriptPart]:
    """Joins cues, which are in the order of their times, to the parts of a transcript.

    What follows the first `MAX_CHARS` characters is left out.
    """
    parts: list[TranscriptPart] = []
    pending: list[Cue] = []
    size = total = 0
    for cue in _short(cues):
        is_turn = bool(pending and cue.speaker != pending[-1].speaker)
        if pending and (
            size + len(cue.text) > MAX_PART_CHARS
            or (size >= PART_CHARS and _ends_sentence(pending[-1].text))
            or (size >= TURN_CHARS and is_turn)
        ):
            parts.append(_part(pending))
            pending, size = [], 0
        pending.append(cue)
        size += len(cue.text) + 1
        total += len(cue.text) + 1 + (len(cue.speaker) + 2 if is_turn else 0)
        if total >= MAX_CHARS:
            break
    return [*parts, _part(pending)] if pending else parts


def _short(cues: Sequence[Cue]) -> Iterator[Cue]:
    """Yield the cues, those that are too long for a part cut at the ends of sentences or words.

    What is cut off begins in proportion to its place, between this cue and the next.
    """
    for place, cue in enumerate(cues):
        text, at = cue.text[:MAX_CHARS], cue.start_s
        if len(text) <= PART_CHARS:
            yield cue
            continue
        following = cues[place + 1].start_s if place + 1 < len(cues) else None
        s_of_char = 0.0
        if at is not None and following is not None:
            s_of_char = (following - at) / len(text)
        size = len(text)
        while text:
            cut = len(text)
            if cut > PART_CHARS:
                cut = _sentence_end(text) or text.rfind(" ", 1, PART_CHARS)
                cut = cut if cut > 0 else PART_CHARS
            start_s = None if at is None else round(at + s_of_char * (size - len(text)), 3)
            yield cue._replace(text=text[:cut].rstrip(), start_s=start_s)
            text = text[cut:].lstrip()


def _sentence_end(text: str) -> int:
    """Where the last sentence ends in the first `PART_CHARS` characters; 0 if none does."""
    ends = (text.rfind(f"{end} ", 0, PART_CHARS) for end in _ENDS)
    full = (text.rfind(end, 0, PART_CHARS) for end in "\u3002\uff01\uff1f")
    return max(0, *(at + 1 for at in ends), *(at + 1 for at in full))


def _ends_sentence(text: str) -> bool:
    return text.rstrip(_CLOSING).endswith(_ENDS)


def _part(cues: Sequence[Cue]) -> TranscriptPart:
    lines: list[str] = []
    speaker = cues[0].speaker
    for cue in cues:
        if not lines or cue.speaker != speaker:
            speaker = cue.speaker
            lines.append(f"{speaker}: {cue.text}" if lines and speaker else cue.text)
        else:
            lines[-1] += f" {cue.text}"
    return TranscriptPart("\n".join(lines), cues[0].start_s, cues[0].speaker or None)
