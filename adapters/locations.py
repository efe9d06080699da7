"""Chooses adapters by location: a folder, or `gs://bucket/prefix`. Imports only the chosen one."""

from pathlib import Path

from feed.ports.builds import BuildCache, Leases
from feed.ports.files import Files
from feed.ports.shelf import Shelf

_CLOUD = "gs://"


def shelf_at(location: str) -> Shelf:
    """The shelf at a location."""
    if location.startswith(_CLOUD):
        from adapters.gcs.shelf import GcsShelf  # noqa: PLC0415

        return GcsShelf(*_bucket(location))
    from adapters.folder.shelf import FolderShelf  # noqa: PLC0415

    return FolderShelf(Path(location))


def leases_at(location: str) -> Leases:
    """The leases at a location."""
    if location.startswith(_CLOUD):
        from adapters.gcs.leases import GcsLeases  # noqa: PLC0415

        return GcsLeases(*_bucket(location))
    from adapters.folder.leases import FolderLeases  # noqa: PLC0415

    return FolderLeases(Path(location))


def build_cache_at(location: str) -> BuildCache:
    """The build cache at a location."""
    if location.startswith(_CLOUD):
        from adapters.gcs.build_cache import GcsBuildCache  # noqa: PLC0415

        return GcsBuildCache(*_bucket(location))
    from adapters.folder.build_cache import FolderBuildCache  # noqa: PLC0415

    return FolderBuildCache(Path(location))


def files_at(location: str) -> Files:
    """The files at a location."""
    if location.startswith(_CLOUD):
        from adapters.gcs.named_files import GcsFiles  # noqa: PLC0415

        return GcsFiles(*_bucket(location))
    from adapters.folder.named_files import FolderFiles  # noqa: PLC0415

    return FolderFiles(Path(location))


def _bucket(location: str) -> tuple[str, str]:
    bucket, _, prefix = location.removeprefix(_CLOUD).partition("/")
    return bucket, prefix
