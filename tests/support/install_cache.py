"""A cache of what tests install for themselves, outside the checkout and shared by all runs."""

import fcntl
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "earshot"
UNUSED_S = 14 * 86_400
"""Seconds after which an unused version is deleted."""


def cached_install(kind: str, version: str, install: Callable[[Path], None]) -> Path:
    """Returns the folder of one version of `kind`, which `install` fills the first time.

    One process installs while the others wait. Versions unused for `UNUSED_S` are deleted.
    """
    folder = CACHE / kind / version
    complete = folder / "complete"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            install(folder)
        complete.touch()
        for other in folder.parent.glob("*/complete"):
            if other.stat().st_mtime < time.time() - UNUSED_S:
                shutil.rmtree(other.parent)
    return folder
