"""The requests of OpenAI's API as strict structs, which refuse unknown fields.

Written from the reference of `chat/completions` and `embeddings`.
"""

import base64
import binascii
from typing import Annotated, Any, Literal

import msgspec

from emulators.models.server import RequestError, check_picture

TOP_KEYS = frozenset({"type", "properties", "required", "additionalProperties", "$defs"})
"""what the schema of an answer may have at its top, which has to be an object"""


class _Message(msgspec.Struct, forbid_unknown_fields=True):
    pass


class ImageUrl(_Message):
    """Where a picture is."""

    url: str


class TextPart(_Message, tag_field="type", tag="text"):
    """A text in a message of several parts."""

    text: str


class ImagePart(_Message, tag_field="type", tag="image_url"):
    """A picture in a message of several parts."""

    image_url: ImageUrl


class ChatMessage(_Message):
    """One contribution to a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str | list[TextPart | ImagePart]


class NamedSchema(_Message):
    """The schema of an answer."""

    name: str
    schema: dict[str, Any]
    strict: bool | None = None


class ResponseFormat(_Message):
    """Which form an answer has to have."""

    type: Literal["json_schema"]
    json_schema: NamedSchema


class StreamOptions(_Message):
    """What a stream contains besides the text."""

    include_usage: bool


class ChatRequest(_Message):
    """Body of `chat/completions`."""

    model: str
    messages: list[ChatMessage]
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    response_format: ResponseFormat | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None


class EmbeddingsRequest(_Message):
    """Body of `embeddings`."""

    model: str
    input: list[Annotated[str, msgspec.Meta(min_length=1)]]


def check(request: ChatRequest) -> None:
    """Raises `RequestError` for what the service refuses in a request of the right form."""
    if not request.messages:
        raise RequestError("[] is too short - 'messages'")
    if request.stream_options and not request.stream:
        raise RequestError("stream_options is only allowed when stream is enabled")
    if request.response_format:
        schema = request.response_format.json_schema.schema
        if schema.get("type") != "object" or not schema.keys() <= TOP_KEYS | {"title"}:
            raise RequestError("Invalid schema for response_format: expected an object")


def last(request: ChatRequest) -> tuple[str, list[bytes]]:
    """Returns the text and the pictures of the last message. Raises `RequestError`."""
    content = request.messages[-1].content
    if isinstance(content, str):
        return content, []
    text = "\n".join(one.text for one in content if isinstance(one, TextPart))
    return text, [_picture(one.image_url.url) for one in content if isinstance(one, ImagePart)]


def _picture(url: str) -> bytes:
    head, comma, data = url.partition(",")
    kind, _, encoding = head.removeprefix("data:").partition(";")
    if not (head.startswith("data:") and comma and encoding == "base64"):
        raise RequestError("Invalid image_url: expected a data URL")
    try:
        picture = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise RequestError("Invalid image_url: no base64") from None
    check_picture(kind, picture)
    return picture
