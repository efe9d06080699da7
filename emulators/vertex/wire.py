"""The requests of Vertex AI's API v1 as strict structs, which refuse unknown fields.

Written from the REST reference of `projects.locations.publishers.models`, and from refusals of the
service that its users have reported.
"""

import base64
import binascii
from itertools import pairwise
from typing import Annotated, Any, Literal

import msgspec

from emulators.models.server import RequestError, check_picture

SCHEMA_KEYS = frozenset(
    {
        *("$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum"),
        *("items", "prefixItems", "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf"),
        *("properties", "additionalProperties", "required", "propertyOrdering"),
    }
)
"""what `responseJsonSchema` may use of JSON Schema"""


_STANDARD_BASE64 = str.maketrans("-_", "+/")


class _Message(msgspec.Struct, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    pass


class Blob(msgspec.Struct, forbid_unknown_fields=True):
    """A file in a request. Like JSON of protocol buffers, it has two spellings of names and data.

    The SDK uses the second one of each: underscores, and the alphabet of base64 for addresses.
    """

    data: str
    mime_type_in_camel_case: str = msgspec.field(name="mimeType", default="")
    mime_type: str = ""

    def media_type(self) -> str:
        """Returns the media type, however its name is spelled."""
        return self.mime_type_in_camel_case or self.mime_type

    def content(self) -> bytes:
        """Returns the file. Raises `RequestError` if it is not in base64."""
        try:
            return base64.b64decode(self.data.translate(_STANDARD_BASE64), validate=True)
        except binascii.Error:
            raise RequestError("Invalid value at inline_data.data (TYPE_BYTES)") from None


class Part(_Message):
    """One part of a contribution: a text, or a file."""

    text: str | None = None
    inline_data: Blob | None = None


class Content(_Message):
    """One contribution to a conversation."""

    parts: list[Part] = []
    role: str = ""


class GenerationConfig(_Message):
    """How an answer is made."""

    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    top_p: float | None = None
    top_k: float | None = None
    candidate_count: Annotated[int, msgspec.Meta(ge=1, le=8)] | None = None
    max_output_tokens: Annotated[int, msgspec.Meta(ge=1, le=65_536)] | None = None
    stop_sequences: list[str] | None = None
    seed: int | None = None
    response_mime_type: Literal["text/plain", "application/json"] = "text/plain"
    response_json_schema: dict[str, Any] | None = None


class GenerateRequest(_Message):
    """Body of `:generateContent` and `:streamGenerateContent`."""

    contents: list[Content]
    system_instruction: Content | None = None
    generation_config: GenerationConfig = msgspec.field(default_factory=GenerationConfig)


class EmbedConfig(_Message):
    """How a text is embedded."""

    task_type: str | None = None
    title: str | None = None
    output_dimensionality: int | None = None
    auto_truncate: bool | None = None


class EmbedRequest(_Message):
    """Body of `:embedContent`, which embeds one text with a Gemini model."""

    content: Content
    embed_content_config: EmbedConfig | None = None


class BatchEmbedRequest(_Message):
    """Body of `:batchEmbedContents`, which embeds several texts with a Gemini model."""

    requests: list[EmbedRequest]


class Instance(msgspec.Struct, forbid_unknown_fields=True):
    """One text of a `PredictRequest`, whose names have underscores."""

    content: str
    task_type: str | None = None
    title: str | None = None


class PredictRequest(_Message):
    """Body of `:predict`, which embeds texts with the models that are not Gemini's."""

    instances: list[Instance]
    parameters: dict[str, Any] | None = None


def check(request: GenerateRequest) -> None:
    """Raises `RequestError` for what the service refuses in a request of the right form."""
    if not request.contents:
        raise RequestError("at least one contents field is required")
    roles = [one.role for one in request.contents]
    if not set(roles) <= {"user", "model"}:
        raise RequestError("Please use a valid role: user, model.")
    if any(one == other for one, other in pairwise(roles)):
        raise RequestError(
            "Please ensure that multiturn requests alternate between user and model."
        )
    if roles[-1] == "model":
        raise RequestError("Requests ending with a model turn are not supported.")
    for content in (*request.contents, *filter(None, [request.system_instruction])):
        check_parts(content)
    config = request.generation_config
    if config.response_json_schema is not None:
        if config.response_mime_type != "application/json":
            raise RequestError("response_mime_type must be application/json with a schema")
        check_schema(config.response_json_schema)


def check_parts(content: Content) -> None:
    """Raises `RequestError` for a contribution without parts, or with parts that say nothing."""
    if not content.parts:
        raise RequestError(
            "Unable to submit request because it must include at least one parts field"
        )
    for part in content.parts:
        if (part.text is None) == (part.inline_data is None):
            raise RequestError("Exactly one of text and inlineData is expected in a part")
        if part.text == "":
            raise RequestError("Unable to submit request because Model input cannot be empty.")
        if part.inline_data is not None:
            check_picture(part.inline_data.media_type(), part.inline_data.content())


def check_schema(schema: Any) -> None:
    """Checks a schema and those inside of it. Raises `RequestError`."""
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        raise RequestError("a schema has to be an object")
    if unknown := schema.keys() - SCHEMA_KEYS:
        raise RequestError(f"response_json_schema: unknown keyword {min(unknown)}")
    if "$ref" in schema and any(not key.startswith("$") for key in schema):
        raise RequestError("response_json_schema: $ref allows no other keyword beside it")
    if not schema.keys() & {"type", "anyOf", "oneOf", "enum", "$ref"}:
        raise RequestError("response_json_schema: a schema without a type")
    if not set(schema.get("required", ())) <= schema.get("properties", {}).keys():
        raise RequestError("response_json_schema: required names a property that there is not")
    nested = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    for key in ("anyOf", "oneOf", "prefixItems"):
        nested += schema.get(key, [])
    nested += [schema[key] for key in ("items", "additionalProperties") if key in schema]
    for one in nested:
        check_schema(one)
