"""What tests install for themselves, kept outside the checkout for all of them."""

import fcntl
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "earshot"
UNUSED_S = 14 * 86_400
"""after how long without use it goes"""


def installed(kind: str, version: str, install: Callable[[Path], None]) -> Path:
    """The folder of a version of something, filled by `install` unless it is there already.

    One process installs, others wait. Versions that have not been used for long are removed.
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
