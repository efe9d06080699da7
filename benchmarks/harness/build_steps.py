"""One step of `benchmarks.build`: write the input, build and publish, copy to a bucket, or load.

`python -m benchmarks.harness.build_steps FOLDER STEP` prints its result as JSON. Each step is a
process of its own, since peak memory is that of a process.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from google.cloud.storage import Client  # type: ignore[import-untyped]

from adapters.folder.shelf import FolderShelf
from adapters.gcs.shelf import GcsShelf
from adapters.jsonl import JsonSource
from adapters.npz import NpzVectors
from benchmarks.data.users import NOW
from benchmarks.harness.dataset import SyntheticDataset
from benchmarks.harness.measurement import peak_memory_mb, timing
from catalog_builder import build, job
from catalog_builder.inputs import BuildInputs
from catalog_builder.signals import aggregates, passes
from feed.ports.shelf import ShelfPointer
from feed.snapshot.codec import decode

BUCKET = "bench"
TIMEOUT_S = 600.0


def make(folder: Path, episodes: int) -> dict[str, Any]:
    """Write the input files of a build; returns no figures."""
    dataset = SyntheticDataset(episodes)
    with (folder / "episodes.jsonl").open("wb") as file:
        for item in dataset.iter_items():
            file.write(msgspec.json.encode(item) + b"\n")
    ids = np.array([f"episode-{number:012}" for number in range(episodes)])
    np.savez(folder / "vectors.npz", ids=ids, vectors=dataset.vectors().matrix)
    return {}


def publish(folder: Path, episodes: int) -> dict[str, Any]:
    """Build and publish as the command does; returns seconds by step, peak memory and size."""
    users = SyntheticDataset(episodes).listeners()
    inputs = BuildInputs(
        episodes=JsonSource(folder / "episodes.jsonl"),
        vectors=NpzVectors(folder / "vectors.npz"),
        now=NOW,
        max_bad=lambda _: 0,
        users=users,
    )
    inner: dict[str, float] = {}
    passes.collect_interactions = timing(inner, "users", passes.collect_interactions)  # type: ignore[attr-defined]
    build.build_inverted_file = timing(inner, "lists", build.build_inverted_file)  # type: ignore[attr-defined]
    aggregates.find_neighbours = timing(inner, "neighbours", aggregates.find_neighbours)  # type: ignore[attr-defined]
    began_cpu = time.process_time()
    report = job.publish(FolderShelf(folder / "shelf"), job.build(inputs), keep=2)
    processor_s = time.process_time() - began_cpu - users.generation_cpu_s
    inner["users"] -= users.generation_s
    catalog_s = report.seconds["catalog"] - users.generation_s
    _, pointer = _published(folder)
    return {
        "seconds": {
            **{step: report.seconds[step] for step in ("read", "vectors", "publish")},
            **inner,
            "columns": catalog_s - sum(inner.values()),
        },
        "processor_s": processor_s,
        "peak_mb": peak_memory_mb(),
        "size_mb": pointer.size / 1e6,
    }


def store(folder: Path) -> dict[str, Any]:
    """Copy the published snapshot into the bucket; returns its packed size."""
    shelf, pointer = _published(folder)
    data = shelf.fetch(pointer.version, TIMEOUT_S, pointer.size, pointer.sha256)
    GcsShelf(BUCKET).put(pointer.version, data, TIMEOUT_S)
    packed = Client().bucket(BUCKET).get_blob(f"snapshots/{pointer.version}")
    return {"packed_mb": packed.size / 1e6}


def load(folder: Path, how: str) -> dict[str, Any]:
    """Load the published snapshot; returns seconds, processor seconds and added memory.

    `how` is one of `benchmarks.build.LOADS`.
    """
    shelf, pointer = _published(folder)
    reference = pointer.version, TIMEOUT_S, pointer.size
    bucket = GcsShelf(BUCKET)
    if how == "bucket":
        bucket.current(TIMEOUT_S)  # connects before the clock starts
    before_mb, began, began_cpu = peak_memory_mb(), time.perf_counter(), time.process_time()
    if how == "folder":
        decode(shelf.fetch(*reference, pointer.sha256), is_verified=True)
    elif how == "folder, summed up":
        decode(shelf.fetch(*reference))
    else:
        decode(bucket.fetch(*reference, pointer.sha256), is_verified=True)
    return {
        "seconds": time.perf_counter() - began,
        "processor_s": time.process_time() - began_cpu,
        "memory_mb": peak_memory_mb() - before_mb,
    }


def _published(folder: Path) -> tuple[FolderShelf, ShelfPointer]:
    shelf = FolderShelf(folder / "shelf")
    pointer = shelf.current(TIMEOUT_S)
    assert pointer is not None  # noqa: S101  # it was published
    return shelf, pointer


def main() -> None:
    """Run one step and print its result as JSON."""
    folder, step, *more = sys.argv[1:]
    steps: dict[str, Any] = {
        "make": lambda: make(Path(folder), int(more[0])),
        "publish": lambda: publish(Path(folder), int(more[0])),
        "store": lambda: store(Path(folder)),
        "load": lambda: load(Path(folder), more[0]),
    }
    print(json.dumps(steps[step]()))  # noqa: T201  # it is read by benchmarks.build


if __name__ == "__main__":
    main()
