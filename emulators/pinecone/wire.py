"""The calls of Pinecone's API 2026-07, as strict structs: a field that none has is refused."""

from typing import Annotated, Any, Literal

import msgspec

MAX_PAGE = 100

Vector = Annotated[list[float], msgspec.Meta(min_length=1)]


class _Call(msgspec.Struct, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    pass


class Record(_Call):
    """A vector as it is sent."""

    id: str
    values: Vector
    metadata: dict[str, Any] | None = None


class Upsert(_Call):
    """`POST /vectors/upsert`."""

    vectors: list[Record]
    namespace: str = ""


class Fetch(_Call):
    """`GET /vectors/fetch`."""

    ids: list[str]
    namespace: str = ""


class Query(_Call):
    """`POST /query`, by a vector or by the id of one."""

    top_k: int
    include_values: bool = False
    include_metadata: bool = False
    namespace: str = ""
    vector: Vector | None = None
    id: str | None = None
    filter: dict[str, Any] | None = None


class Page(_Call):
    """`GET /vectors/list`."""

    namespace: str = ""
    prefix: str = ""
    limit: int = MAX_PAGE
    pagination_token: str | None = None


class Update(_Call):
    """`POST /vectors/update`, of one vector by its id."""

    id: str
    namespace: str = ""
    values: Vector | None = None
    set_metadata: dict[str, Any] | None = None


class Delete(_Call):
    """`POST /vectors/delete`."""

    namespace: str = ""
    ids: list[str] | None = None
    delete_all: bool = False
    filter: dict[str, Any] | None = None


class Stats(_Call):
    """`POST /describe_index_stats`."""


class Text(_Call):
    """One input to embed."""

    text: str


class EmbedParameters(msgspec.Struct, forbid_unknown_fields=True):
    """How to embed; here names have underscores."""

    input_type: Literal["passage", "query"]
    truncate: Literal["END", "NONE"] = "END"


class Embed(_Call):
    """`POST /embed`."""

    model: str
    inputs: list[Text]
    parameters: EmbedParameters
