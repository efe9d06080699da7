"""Port of the web, from which a build fetches the files that episodes name."""

from typing import NamedTuple, Protocol


class Validators(NamedTuple):
    """What a server said of a file, by which it tells later whether the file has changed."""

    etag: str | None = None
    last_modified: str | None = None


class WebFile(NamedTuple):
    """A file, as a server sent it."""

    body: bytes
    """decompressed"""
    validators: Validators


class WebFiles(Protocol):
    """Fetches files within limits of time and size, from public addresses alone."""

    async def get(self, url: str, known: Validators | None) -> WebFile | None:
        """The file at an address; None if it has not changed since it had the `known` validators.

        Raises `Unavailable` with the reason.
        """
