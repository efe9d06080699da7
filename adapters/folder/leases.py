"""Leases in a folder, for one machine: files `leases/<name>.json`, written under a lock."""

import time
from pathlib import Path

import msgspec

from adapters.folder.files import locked, write_whole
from feed.ports.builds import Lease
from feed.ports.errors import Conflict, NotFound, Unavailable


class FolderLeases:
    """`Leases` in the folder of a shelf."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "leases"
        self._lock = folder / ".lock"

    def acquire(self, name: str, owner: str, ttl_s: float, now: float, timeout_s: float) -> Lease:
        """Take the lease `name` for `owner` until `now + ttl_s` if it is free or expired.

        `now` is seconds since 1970, UTC. Raises `Conflict` while another holds it, `NotFound` for
        an invalid name, and `Unavailable` past `timeout_s`.
        """
        path = self._path(name)
        with locked(self._lock, timeout_s):
            held = _read(path)
            if held is not None and held.expires_at > now:
                left_s = held.expires_at - now
                raise Conflict(f"{name} is held by {held.owner}, for {left_s:.0f} s at the most")
            lease = Lease(name, owner, now + ttl_s, generation=time.time_ns())
            path.parent.mkdir(exist_ok=True)
            write_whole(path, msgspec.json.encode(lease))
            return lease

    def release(self, lease: Lease, timeout_s: float) -> None:
        """Release a lease. Does nothing if it has expired and another holder has taken it."""
        path = self._path(lease.name)
        with locked(self._lock, timeout_s):
            held = _read(path)
            if held is not None and held.generation == lease.generation:
                path.unlink()

    def _path(self, name: str) -> Path:
        if not name or "/" in name or not name.isprintable():
            raise NotFound(f"no lease {name!r}: expected a plain file name")
        return self._folder / f"{name}.json"


def _read(path: Path) -> Lease | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Lease)
    except (FileNotFoundError, msgspec.DecodeError):  # an unreadable lease has no holder
        return None
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror}") from error
