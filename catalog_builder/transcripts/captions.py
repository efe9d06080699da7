"""Reads captions: WebVTT and SubRip (SRT), also where their rules are not kept."""

import re
from collections.abc import Iterator

from catalog_builder.transcripts.cues import MAX_CUES, Cue, clock_s, plain, speaker_name

ARROW = "-->"
_BREAK = re.compile(r"\r{0,2}\n|\r")
"""the end of a line; some files have two carriage returns before it"""
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]([^<>]*)>", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,9}")


def caption_cues(text: str) -> list[Cue]:
    """The cues of captions in the order of their times, at most `MAX_CUES`.

    Lines that a cue repeats of the one before it, as rolling captions do, are left out. A cue whose
    time cannot be read follows the one before it. One that names no speaker is the last one's.
    """
    cues: list[Cue] = []
    last, at, speaker = "", None, ""
    for start_s, lines in _blocks(text):
        at = at if start_s is None else start_s
        if len(lines) > 1 and plain(lines[0]) == last:
            del lines[0]
        for name, said in _voices("\n".join(lines), speaker):
            speaker = name
            cues.append(Cue(at, said, speaker))
        last = next((one for line in reversed(lines) if (one := plain(line))), last)
        if len(cues) >= MAX_CUES:
            break
    return in_order(cues)[:MAX_CUES]


def in_order(cues: list[Cue]) -> list[Cue]:
    """The cues by their times; those without a time stay behind the one before them."""
    times, at = [], 0.0
    for cue in cues:
        at = at if cue.start_s is None else cue.start_s
        times.append(at)
    order = sorted(range(len(cues)), key=times.__getitem__)
    return [cues[place] for place in order]


def _blocks(text: str) -> Iterator[tuple[float | None, list[str]]]:
    """Yield the time of each cue, None if it cannot be read, and its lines.

    Whatever stands outside cues, such as notes and styles, is skipped.
    """
    lines: list[str] | None = None
    start_s: float | None = None
    for line in _BREAK.split(text):
        if ARROW in line:
            if lines:  # no empty line before this cue: its number is not said
                if _NUMBER.fullmatch(lines[-1].strip()):
                    del lines[-1]
                yield start_s, lines
            start_s, lines = clock_s(line.partition(ARROW)[0]), []
        elif not line.strip():
            if lines:
                yield start_s, lines
                lines = None
        elif lines is not None:
            lines.append(line)
    if lines:
        yield start_s, lines


def _voices(text: str, speaker: str) -> Iterator[tuple[str, str]]:
    """Yield each speaker of a cue with what they say; `speaker` speaks until another is named."""
    begin = 0
    for voice in _VOICE.finditer(text):
        if said := plain(text[begin : voice.start()]):
            yield speaker, said
        speaker, begin = speaker_name(voice[1]), voice.end()
    if said := plain(text[begin:]):
        yield speaker, said
