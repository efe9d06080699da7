"""Port of the files in which results for other programs are kept."""

from typing import Protocol


class Files(Protocol):
    """Files by plain name. Every call may raise `Unavailable`."""

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None if there is none."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file atomically, in place of an earlier one of its name."""

    def delete(self, name: str) -> None:
        """Delete a file, if it exists."""
