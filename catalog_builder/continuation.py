"""Loads and saves what a scheduled build continues from: the current snapshot and its counts."""

from dataclasses import dataclass, replace
from datetime import datetime

from catalog_builder.publish import publisher
from catalog_builder.signals.aggregates import SignalParameters
from catalog_builder.signals.state import SignalState, decode_state, encode_state
from feed.catalog.catalog import Catalog
from feed.ports.builds import BuildCache
from feed.ports.shelf import Shelf

STATE = "signals.msgpack.z"
"""Name of the state in the build cache."""


@dataclass(frozen=True)
class Continuation:
    """What a build continues from."""

    catalog: Catalog
    """the current snapshot"""
    state: SignalState
    """the counts of its popularity"""


def load_state(
    shelf: Shelf, cache: BuildCache, now: datetime, parameters: SignalParameters
) -> SignalState | None:
    """Returns the state that a build at `now` continues from; None if it has to read every summary.

    It has to once a day (UTC), if the parameters of signals have changed, and whenever the current
    snapshot is not the one that was published with the state: after a rollback, a build by command,
    or a build that was interrupted. Raises `Unavailable`.
    """
    data = cache.load(STATE)
    state = decode_state(data) if data is not None else None
    if state is None or not state.may_continue(now, parameters):
        return None
    pointer = publisher.current_pointer(shelf)
    return state if pointer is not None and pointer.version == state.version else None


def load(
    shelf: Shelf, cache: BuildCache, now: datetime, parameters: SignalParameters
) -> Continuation | None:
    """Returns what a build at `now` continues from; None if it has to read every summary."""
    state = load_state(shelf, cache, now, parameters)
    return resume(shelf, state) if state is not None else None


def resume(shelf: Shelf, state: SignalState) -> Continuation | None:
    """Returns the state with its snapshot; None if that cannot be read, or no longer is current."""
    catalog = publisher.current_catalog(shelf)
    if catalog is None or catalog.version != state.version:
        return None
    return Continuation(catalog, state) if len(catalog) == len(state.counts.users) else None


def save(cache: BuildCache, state: SignalState, version: str) -> None:
    """Saves the state of the snapshot that was published as `version`."""
    cache.save(STATE, encode_state(replace(state, version=version)))
