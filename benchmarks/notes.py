"""Processor time and memory of building and reading the notes of episodes.

`python -m benchmarks.notes [--sizes EPISODES ...]`: each size runs in a process of its own, with
made-up notes of about 5,000 characters of HTML, on a shelf in a temporary folder. See
docs/adr/0029-notes.md.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.report.results import say

SIZES = (10_000, 100_000)
READS = 200
PARAGRAPHS, WORDS = 7, 90
"""of one episode's notes"""


def made_up_notes(count: int) -> Iterator[str]:
    """Yield the notes of so many episodes, whose words follow Zipf's law."""
    import numpy as np  # noqa: PLC0415  # in the child alone

    rng = np.random.default_rng(5)
    words = np.array(["".join(rng.choice(list("aeiklmnorst"), 7)) for _ in range(20_000)])
    for number in range(count):
        drawn = words[(rng.zipf(1.2, (PARAGRAPHS, WORDS)) - 1) % len(words)]
        told = "".join(f"<p>{' '.join(line)}.</p>" for line in drawn)
        links = "".join(
            f'<li><a href="https://example.com/{number}/{n}">{words[n]}</a></li>' for n in range(9)
        )
        yield f"{told}<ul>{links}</ul>"


def measure_here(episodes: int, folder: Path) -> None:
    """Build notes first, unchanged and with another episode's, read some, and print the times."""
    from adapters.folder.shelf import FolderShelf  # noqa: PLC0415
    from catalog_builder.notes.sanitizer import NOTES  # noqa: PLC0415
    from catalog_builder.texts.spool import TextSpool  # noqa: PLC0415
    from catalog_builder.texts.writer import BuiltTexts, build_texts  # noqa: PLC0415
    from feed.model.stored_texts import TextKind  # noqa: PLC0415
    from feed.snapshot.texts import decode_frame, decode_index, index_size  # noqa: PLC0415

    shelf = FolderShelf(folder)

    def build(step: str, more: str) -> BuiltTexts:
        began, before = time.process_time(), _peak_mb()
        spool = TextSpool(shelf, NOTES)
        digests = [spool.keep(more)] if more else []
        made_s = 0.0
        notes = made_up_notes(episodes)
        while True:
            start = time.process_time()
            one = next(notes, None)
            made_s += time.process_time() - start
            if one is None:
                break
            digests.append(spool.keep(one))
        kept_s = time.process_time() - began - made_s
        began = time.process_time()
        built = build_texts(digests, spool)
        assert built  # noqa: S101  # for the type checker
        took_s, more_mb = time.process_time() - began, _peak_mb() - before
        say(
            f"{episodes:,} {step}: kept in {kept_s:.1f} s, written in {took_s:.1f} s, "
            f"{built.stored.size / 1e6:.0f} MB, {more_mb:.0f} MB of memory more"
        )
        return built

    build("first", "").store(shelf, "v1")
    shelf.put("v1", b"snapshot", 60)
    shelf.promote("v1", 8, "", 0, 60)
    build("unchanged", "")
    built = build("one more", "<p>Another episode's.</p>")
    built.store(shelf, "v2")
    rows = episodes + 1
    began = time.process_time()
    head = shelf.fetch_texts(TextKind.NOTES, "v2", 0, index_size(rows), 60)
    index = decode_index(head, rows, built.stored.sha256)
    ready_ms = 1000 * (time.process_time() - began)
    began = time.process_time()
    for row in range(0, rows, max(1, rows // READS)):
        place = index.place(row)
        assert place  # noqa: S101  # for the type checker
        frame = shelf.fetch_texts(TextKind.NOTES, "v2", *place, 60)
        index.check(row, frame)
        decode_frame(frame)
    read_us = 1e6 * (time.process_time() - began) / READS
    say(
        f"{episodes:,}: index of {len(head) / 1e6:.1f} MB ready in {ready_ms:.1f} ms, "
        f"one episode's notes in {read_us:.0f} us"
    )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure each size in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.notes", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    for size in options.sizes:
        if options.here:
            with tempfile.TemporaryDirectory() as folder:
                measure_here(size, Path(folder))
        else:
            command = [sys.executable, "-m", "benchmarks.notes", "--here", "--sizes", str(size)]
            subprocess.run(command, check=True)  # noqa: S603  # this module


if __name__ == "__main__":
    main()
