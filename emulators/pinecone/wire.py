"""The requests of Pinecone's API 2026-07 as strict structs, which refuse unknown fields."""

from typing import Annotated, Any, Literal

import msgspec

Vector = Annotated[list[float], msgspec.Meta(min_length=1)]


class _Request(msgspec.Struct, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    pass


class VectorRecord(_Request):
    """A vector with its id and metadata."""

    id: str
    values: Vector
    metadata: dict[str, Any] | None = None


class UpsertRequest(_Request):
    """Body of Pinecone's `POST /vectors/upsert`, which stores vectors."""

    vectors: list[VectorRecord]
    namespace: str = ""


class FetchRequest(_Request):
    """Query of Pinecone's `GET /vectors/fetch`, which returns vectors by their ids."""

    ids: list[str]
    namespace: str = ""


class QueryRequest(_Request):
    """Body of Pinecone's `POST /query`, a search by a vector or by the id of a stored one."""

    top_k: int
    include_values: bool = False
    include_metadata: bool = False
    namespace: str = ""
    vector: Vector | None = None
    id: str | None = None
    filter: dict[str, Any] | None = None


class UpdateRequest(_Request):
    """Body of Pinecone's `POST /vectors/update`, which changes one vector."""

    id: str
    namespace: str = ""
    values: Vector | None = None
    set_metadata: dict[str, Any] | None = None


class StatsRequest(_Request):
    """Body of Pinecone's `POST /describe_index_stats`, which counts vectors."""


class EmbedInput(_Request):
    """One text of an `EmbedRequest`."""

    text: str


class EmbedParameters(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of an `EmbedRequest`, whose names have underscores."""

    input_type: Literal["passage", "query"]
    truncate: Literal["END", "NONE"] = "END"


class EmbedRequest(_Request):
    """Body of Pinecone's `POST /embed`, which turns texts into vectors."""

    model: str
    inputs: list[EmbedInput]
    parameters: EmbedParameters
