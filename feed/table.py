"""Table: what the tables of a scenario file have in common."""

import msgspec


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a scenario file: unknown keys are refused."""
