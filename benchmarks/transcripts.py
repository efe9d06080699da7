"""Processor time, size and latency of the transcripts of long episodes.

`python -m benchmarks.transcripts [--episodes N]`: made-up WebVTT of an hour each, on a shelf in a
temporary folder: read, kept, written, and searched for passages. See docs/adr/0042-transcripts.md.
"""

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path

from adapters.folder.shelf import FolderShelf
from benchmarks.report.results import say
from catalog_builder.texts.spool import TextSpool
from catalog_builder.texts.writer import build_texts
from catalog_builder.transcripts.document import read_transcript
from catalog_builder.transcripts.rules import TRANSCRIPTS, spool_text
from catalog_builder.transcripts.words import telling_words
from feed.model.transcript import Transcript, TranscriptPart
from feed.search.passages import best_parts, likely_parts
from feed.search.words import terms_of
from functions.serving.passages import PARTS_AT_ONCE

READ = 200
"""transcripts that are read; the others differ from them in one word"""
CUES, WORDS = 900, 10
"""of an hour: a cue every 4 s, 150 words a minute"""
ASKED = 200


def made_up_vtt(rng: random.Random, words: list[str]) -> str:
    """A transcript of an hour, whose words follow a power law."""
    cues = []
    for n in range(CUES):
        said = " ".join(words[int(rng.paretovariate(0.6)) % len(words)] for _ in range(WORDS))
        begin, end = (
            f"{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}.000" for at in (4 * n, 4 * n + 4)
        )
        speaker = "Ada" if n // 12 % 2 else "Ben"
        cues.append(f"{begin} --> {end}\n<v {speaker}>{said}{'.' if n % 3 else ','}\n")
    return "WEBVTT\n\n" + "\n".join(cues)


def measure(episodes: int, folder: Path) -> None:
    """Read, keep, write and search so many transcripts, and print what it takes."""
    rng = random.Random(5)  # noqa: S311  # no secret
    words = [
        "".join(rng.choice("aeiklmnorst") for _ in range(rng.randint(2, 9))) for _ in range(9_000)
    ]
    files = [made_up_vtt(rng, words).encode() for _ in range(READ)]
    began = time.process_time()
    read = [read_transcript(file) for file in files]
    read_s = time.process_time() - began
    chars = statistics.mean(sum(len(part.text) for part in parts) for parts in read)
    say(
        f"{len(files[0]) / 1e3:.0f} KB of WebVTT read in {1000 * read_s / READ:.1f} ms: "
        f"{statistics.mean(map(len, read)):.0f} parts, {chars / 1e3:.0f} thousand characters"
    )
    began = time.process_time()
    telling = [telling_words(parts) for parts in read]
    words_s = time.process_time() - began
    say(
        f"telling words found in {1000 * words_s / READ:.1f} ms: "
        f"{statistics.mean(map(len, telling)):.0f} characters"
    )
    shelf = FolderShelf(folder)
    spool, digests = TextSpool(shelf, TRANSCRIPTS), []
    began = time.process_time()
    for n in range(episodes):
        first, *rest = read[n % READ]
        parts = [TranscriptPart(f"{n} {first.text}", first.start_s, first.speaker), *rest]
        digests.append(spool.keep(spool_text(Transcript([], parts))))
    kept_s = time.process_time() - began
    began = time.process_time()
    built = build_texts(digests, spool)
    assert built  # noqa: S101  # for the type checker
    written_s = time.process_time() - began
    say(
        f"{episodes:,} kept in {kept_s:.1f} s, written in {written_s:.1f} s, "
        f"{built.stored.size / 1e6:.0f} MB, {built.stored.size / episodes / 1e3:.1f} KB each"
    )
    for name, mark in (("ASCII", ""), ("other letters", " \u00e9t\u00e9")):
        took, longest = [], []
        marked = [
            [TranscriptPart(part.text + mark, part.start_s) for part in parts] for parts in read
        ]
        for n in range(ASKED):
            terms = frozenset(terms_of(" ".join(rng.sample(words[: 40 + n], 4))))
            steps = _steps(marked[n % READ], terms)
            took.append(sum(steps))
            longest.append(max(steps))
        took_ms, longest_ms = (1e3 * statistics.median(one) for one in (took, longest))
        say(f"passages, {name}: {took_ms:.1f} ms, the longest step {longest_ms:.1f} ms")


def _steps(parts: list[TranscriptPart], terms: frozenset[str]) -> list[float]:
    """Seconds of each step between which others may go, as `functions.serving.passages` has."""
    likely, steps = [], []
    for at in range(0, len(parts), PARTS_AT_ONCE):
        began = time.perf_counter()
        some = likely_parts(parts[at : at + PARTS_AT_ONCE], terms)
        likely += [(different, times, at + place) for different, times, place in some]
        steps.append(time.perf_counter() - began)
    began = time.perf_counter()
    best_parts(parts, likely, terms, 2)
    return [*steps, time.perf_counter() - began]


def main() -> None:
    """Measure in a temporary folder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.transcripts", description=__doc__)
    parser.add_argument("--episodes", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(options.episodes, Path(folder))


if __name__ == "__main__":
    main()
