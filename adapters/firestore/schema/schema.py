"""Reads and validates a schema: the TOML file that the setting SCHEMA names."""

from itertools import combinations
from pathlib import Path

import msgspec

from adapters.firestore.schema.engagements import EngagementTable
from adapters.firestore.schema.episodes import EpisodesTable
from adapters.firestore.schema.own import OwnTable
from adapters.firestore.schema.paths import PathPattern
from adapters.firestore.schema.profile import ProfileTable

DOCUMENTS = ("profile", "summary", "deleted")
"""Earshot's own documents of a user, under `OwnTable.documents`."""


class SchemaError(ValueError):
    """A schema cannot be used. The message names the table and the key."""


class Schema(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an app keeps its data. An empty schema is the plain layout."""

    database: str = "(default)"
    """name of the Firestore database"""
    earshot: OwnTable = OwnTable()
    """where Earshot's own documents are"""
    engagements: tuple[EngagementTable, ...] = ()
    """sources of engagements, besides Earshot's own collection"""
    profile: ProfileTable | None = None
    """what the app knows of a user's preferences"""
    episodes: EpisodesTable | None = None
    """where the episodes are; without it in `episodes/{id}`, with the fields of an episode"""

    def __post_init__(self) -> None:
        names = [one.source for one in self.engagements]
        if twice := sorted({one for one in names if names.count(one) > 1}):
            raise ValueError(f"engagements: expected each name once, got {twice[0]} twice")
        for one, other in combinations(self._places(), 2):
            if one[1].overlaps(other[1]):
                places = " and ".join(f"{path.text} ({name})" for name, path in (one, other))
                raise ValueError(f"expected places that do not overlap, got {places}")

    @property
    def owns_all(self) -> bool:
        """Whether all engagements are deleted with a user's data, so that no time of it is kept."""
        return all(one.owned for one in self.engagements)

    @property
    def nightly_preferences(self) -> bool:
        """Whether the app keeps preferences and no trigger says when they change."""
        return self.profile is not None and not self.profile.trigger

    def _places(self) -> list[tuple[str, PathPattern]]:
        """Every kind of document that is read or written, with the key that names it."""
        places = [("earshot.documents", self.earshot.document("{id}"))]
        places.append(("earshot.engagements", self.earshot.engagement))
        places += [(f"engagements {one.source}", one.place) for one in self.engagements]
        if self.profile:
            places.append(("profile", self.profile.place))
        if self.episodes:
            places.append(("episodes", self.episodes.place))
        return places


PLAIN = Schema()
"""the layout of an installation without a schema"""


def read_schema(file: str) -> Schema:
    """The schema in a file; `PLAIN` for an empty name. Raises `SchemaError`."""
    if not file:
        return PLAIN
    try:
        return parse_schema(Path(file).read_bytes())
    except OSError as error:
        raise SchemaError(f"{file}: {error.strerror}") from error


def parse_schema(data: bytes) -> Schema:
    """The schema in a TOML text. Raises `SchemaError`."""
    try:
        return msgspec.toml.decode(data, type=Schema)
    except msgspec.DecodeError as error:
        raise SchemaError(str(error).replace("`", "")) from error
