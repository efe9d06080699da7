"""One step of `benchmarks.build` in a process of its own: making, building, storing or loading.

`python -m benchmarks.harness.build_steps FOLDER DO`: prints what it found as JSON. A process of its
own, since the most memory that it held is asked for, and libraries keep what they once had.
"""

import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from google.cloud.storage import Client  # type: ignore[import-untyped]

from adapters.folder.shelf import FolderShelf
from adapters.gcs.shelf import GcsShelf
from adapters.jsonl import JsonSource
from adapters.npz import NpzVectors
from benchmarks.data.users import NOW, SyntheticUsers
from benchmarks.harness.dataset import SyntheticDataset
from catalog_builder import build, job
from catalog_builder.signals import aggregates
from feed.model.engagement import Summary
from feed.ports.shelf import Shelf
from feed.snapshot.codec import decode

BUCKET = "bench"
TIMEOUT_S = 600.0


def make(folder: Path, episodes: int) -> dict[str, Any]:
    """Write what a catalog is built from."""
    world = SyntheticDataset(episodes)
    with (folder / "episodes.jsonl").open("wb") as file:
        for item in world.each_item():
            file.write(msgspec.json.encode(item) + b"\n")
    ids = np.array([f"episode-{number:012}" for number in range(episodes)])
    np.savez(folder / "vectors.npz", ids=ids, vectors=world.vectors().matrix)
    return {"input_mb": (folder / "episodes.jsonl").stat().st_size / 1e6}


class Users:
    """A `SummaryArchive` of a crowd."""

    def __init__(self, crowd: SyntheticUsers) -> None:
        self.crowd = crowd

    def summaries(self) -> Iterator[Summary]:
        """Every user's."""
        return self.crowd.summaries()


def publish(folder: Path, episodes: int) -> dict[str, Any]:
    """Build and publish as the command does; seconds by step, and the most memory, MB."""
    users = Users(SyntheticDataset(episodes).listeners())
    inputs = job.BuildInputs(
        episodes=JsonSource(folder / "episodes.jsonl"),
        vectors=NpzVectors(folder / "vectors.npz"),
        now=NOW,
        max_bad=lambda _: 0,
        users=users,
    )
    inner: dict[str, float] = {}
    build.collect_interactions = _timed(build.collect_interactions, "users", inner)  # type: ignore[attr-defined]
    build.build_inverted_file = _timed(build.build_inverted_file, "lists", inner)  # type: ignore[attr-defined]
    aggregates.find_neighbours = _timed(aggregates.find_neighbours, "neighbours", inner)  # type: ignore[attr-defined]
    shelf = FolderShelf(folder / "shelf")
    began_cpu = time.process_time()
    report = job.publish(shelf, job.build(inputs), keep=2)
    processor_s = time.process_time() - began_cpu - users.crowd.making_cpu_s
    inner["users"] -= users.crowd.making_s
    catalog_s = report.seconds["catalog"] - users.crowd.making_s
    pointer = shelf.current(TIMEOUT_S)
    assert pointer is not None  # noqa: S101  # it was just set
    return {
        "seconds": {
            **{step: report.seconds[step] for step in ("read", "vectors", "publish")},
            **inner,
            "columns": catalog_s - sum(inner.values()),
        },
        "processor_s": processor_s,
        "peak_mb": _peak_mb(),
        "size_mb": pointer.size / 1e6,
        "version": pointer.version,
    }


def store(folder: Path) -> dict[str, Any]:
    """Put what is published into a bucket, and write it in other ways, for loading."""
    pointer, data = _published(FolderShelf(folder / "shelf"))
    GcsShelf(BUCKET).put(pointer.version, data, TIMEOUT_S)
    packed = Client().bucket(BUCKET).get_blob(f"snapshots/{pointer.version}")
    return {"packed_mb": packed.size / 1e6}


def load(folder: Path, how: str) -> dict[str, Any]:
    """Load what is published in one way; seconds, of the processor too, and memory, MB."""
    shelf = FolderShelf(folder / "shelf")
    pointer = shelf.current(TIMEOUT_S)
    assert pointer is not None  # noqa: S101  # it was published
    asked = pointer.version, TIMEOUT_S, pointer.size
    bucket = GcsShelf(BUCKET)
    if how == "bucket":
        bucket.current(TIMEOUT_S)  # the connection is no part of it
    before_mb, began, began_cpu = _peak_mb(), time.perf_counter(), time.process_time()
    if how == "folder":
        decode(shelf.fetch(*asked, pointer.sha256), is_verified=True)
    elif how == "folder, summed up":
        decode(shelf.fetch(*asked))
    else:
        decode(bucket.fetch(*asked, pointer.sha256), is_verified=True)
    return {
        "seconds": time.perf_counter() - began,
        "processor_s": time.process_time() - began_cpu,
        "memory_mb": _peak_mb() - before_mb,
    }


def _published(shelf: Shelf) -> tuple[Any, Any]:
    pointer = shelf.current(TIMEOUT_S)
    assert pointer is not None  # noqa: S101  # it was published
    data = shelf.fetch(pointer.version, TIMEOUT_S)
    assert hashlib.sha256(data).hexdigest() == pointer.sha256  # noqa: S101
    return pointer, data


def _timed(function: Callable[..., Any], name: str, taken: dict[str, float]) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            taken[name] = taken.get(name, 0.0) + time.perf_counter() - began

    return timed


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def main() -> None:
    """Do what is asked, and print what was found."""
    folder, what, *more = sys.argv[1:]
    do: dict[str, Callable[[], dict[str, Any]]] = {
        "make": lambda: make(Path(folder), int(more[0])),
        "publish": lambda: publish(Path(folder), int(more[0])),
        "store": lambda: store(Path(folder)),
        "load": lambda: load(Path(folder), more[0]),
    }
    print(json.dumps(do[what]()))  # noqa: T201  # it is read by benchmarks.build


if __name__ == "__main__":
    main()
