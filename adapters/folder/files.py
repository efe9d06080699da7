"""Files that appear whole, and locks between processes of one machine."""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feed.ports.errors import Unavailable
from feed.ports.shelf import Buffer


def write_whole(path: Path, data: Buffer, mode: int = 0o644) -> None:
    """Write a file atomically: it appears under its name when it is complete and on disk."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)  # not the 0600 of mkstemp: a server may run as another user
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def locked(lock: Path, timeout_s: float) -> Iterator[None]:
    """Context that holds an exclusive lock on a file. Raises `Unavailable` after `timeout_s`."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout_s
    with lock.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise Unavailable(f"{lock}: held for {timeout_s} s") from error
                time.sleep(0.01)
        yield
