"""Damages to a published snapshot or to its pointer."""

import json
from collections.abc import Callable
from pathlib import Path

from feed.snapshot.codec import FORMAT
from tests.support.catalogs import overwrite

Damage = Callable[[Path, Path], None]
"""takes the path of the snapshot, and the folder of the shelf"""


def altered(snapshot: Path, _shelf: Path) -> None:
    data = bytearray(snapshot.read_bytes())
    data[len(data) // 2] ^= 1
    overwrite(snapshot, bytes(data))


def cut(snapshot: Path, _shelf: Path) -> None:
    overwrite(snapshot, snapshot.read_bytes()[:1000])


def emptied(snapshot: Path, _shelf: Path) -> None:
    overwrite(snapshot, b"")


def newer(snapshot: Path, _shelf: Path) -> None:
    """Write a format version that this code does not know."""
    data = snapshot.read_bytes()
    overwrite(snapshot, data[:8] + (FORMAT + 1).to_bytes(4, "little") + data[12:])


def missing(snapshot: Path, _shelf: Path) -> None:
    snapshot.unlink()


def renamed(snapshot: Path, shelf: Path) -> None:
    """Put another catalog under the name of this one."""
    other = next(path for path in (shelf / "snapshots").iterdir() if path != snapshot)
    overwrite(snapshot, other.read_bytes())


def no_pointer(_snapshot: Path, shelf: Path) -> None:
    (shelf / "current.json").unlink()


def damaged_pointer(_snapshot: Path, shelf: Path) -> None:
    (shelf / "current.json").write_text("{")


def odd_pointer(_snapshot: Path, shelf: Path) -> None:
    pointer = json.loads((shelf / "current.json").read_text())
    (shelf / "current.json").write_text(json.dumps(pointer | {"version": "../../etc/passwd"}))


DAMAGES: dict[Damage, str] = {
    altered: "catalog_broken",
    cut: "catalog_broken",
    emptied: "catalog_broken",
    newer: "catalog_broken",
    renamed: "catalog_broken",
    missing: "catalog_broken",
    no_pointer: "catalog_missing",
    damaged_pointer: "catalog_broken",
    odd_pointer: "catalog_broken",
}
"""the degradation that each damage to a publication causes"""

POINTER_DAMAGES = {no_pointer, damaged_pointer, odd_pointer}
"""those that leave the snapshot itself sound"""
