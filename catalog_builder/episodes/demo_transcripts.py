"""Transcripts of the demo catalog's episodes, as WebVTT, and the files that episodes name."""

import random
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from catalog_builder.episodes.demo_notes import DemoChapter
from feed.ports.errors import Unavailable
from feed.ports.web import Validators, WebFile

SPOKEN_SHARE = 0.95
"""share of a chapter before its last line has begun"""


class DemoFiles:
    """`WebFiles` of files that are already in memory, by address, so that a build needs no web."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    async def get(self, url: str, known: Validators | None) -> WebFile | None:  # noqa: ARG002
        """The file at an address. Raises `Unavailable` if there is none."""
        if url not in self._files:
            raise Unavailable("HTTP 404")
        return WebFile(self._files[url], Validators())


class NoCache:
    """A `BuildCache` that keeps nothing: what is in memory need not be asked for sparingly."""

    def load(self, name: str) -> None:
        """Return None: nothing is kept."""

    def save(self, name: str, data: bytes) -> None:
        """Keep nothing."""


def transcript_of(
    episode: Mapping[str, Any],
    chapters: list[DemoChapter],
    talk: list[tuple[str, str, str]],
    words: Mapping[str, list[str]],
) -> str:
    """Returns a short transcript of an episode as WebVTT, its lines spread over its chapters.

    `talk` has a topic and two sentences for each chapter but the first and the last one. The same
    episode always gives the same transcript.
    """
    rng = random.Random(episode["id"])  # noqa: S311 - repeatable words, no secrets
    host, guest = episode["people"][0], episode["people"][-1]
    values = {"series": episode["series"]["name"], "host": host, "title": episode["title"]}

    def said(kind: str, topic: str = "", line: str = "") -> str:
        return rng.choice(words[kind]).format(topic=topic, line=line, **values)

    first = talk[0][0]
    spoken = [[(host, said("hello")), (host, said("promise", first))]]
    if guest != host:
        spoken[0].append((guest, said("thanks")))
    for topic, lead, other in talk:
        spoken.append(
            [
                (host, said("questions", topic)),
                (guest, said("answers", line=lead)),
                (host, said("follow_ups")),
                (guest, said("asides", topic)),
                (guest, said("more", line=other)),
            ]
        )
    spoken.append([(host, said("letters", first)), (host, said("goodbye"))])
    ends = [*(start for start, _ in chapters), int(episode["duration_s"])]
    lines = [
        f"{_time(begin)} --> {_time(end)}\n<v {speaker}>{text}"
        for (start, stop), told in zip(pairwise(ends), spoken, strict=True)
        for begin, end, (speaker, text) in _spread(start, stop, told)
    ]
    return "\n\n".join(["WEBVTT", *lines, ""])


def _spread(
    start_s: float, stop_s: float, told: list[tuple[str, str]]
) -> Iterator[tuple[float, float, tuple[str, str]]]:
    """Yields when each line begins and ends, in seconds, in proportion to its length."""
    rate = SPOKEN_SHARE * (stop_s - start_s) / sum(len(text) for _, text in told)
    at = start_s
    for line in told:
        end = at + rate * len(line[1])
        yield at, end, line
        at = end


def _time(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes) // 60:02}:{int(minutes) % 60:02}:{rest:06.3f}"
