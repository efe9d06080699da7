"""How far a backfill got, with its totals so far."""

import msgspec

from operations.passes.checkpoint import Checkpoint


class Totals(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a backfill did, over all its runs."""

    users: int = 0
    written: int = 0
    """summaries"""
    lines: int = 0
    """of the history file"""
    stored: int = 0
    """engagements of the history file that are new"""
    known: int = 0
    """engagements of the history file that were stored before, or come twice"""
    reads: int = 0
    writes: int = 0
    elapsed_s: float = 0.0
    left_out: dict[str, int] = msgspec.field(default_factory=dict)
    """documents and lines, by source and reason"""
    examples: dict[str, str] = msgspec.field(default_factory=dict)
    """the first of each: a path, or a line"""


class BackfillCheckpoint(Checkpoint, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The state of a backfill: the lines of the history file come before the users."""

    history: str = ""
    """name of the history file"""
    line: int = 0
    """all lines up to this one are stored"""
    totals: Totals = msgspec.field(default_factory=Totals)
