"""What Earshot reads of the answers of OpenAI's API; other fields are ignored."""

import msgspec


class Usage(msgspec.Struct):
    """Tokens that a call was charged for."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Message(msgspec.Struct):
    """A text, or the next part of it."""

    content: str | None = None


class Choice(msgspec.Struct):
    """A whole answer."""

    message: Message
    finish_reason: str | None = None


class Completion(msgspec.Struct):
    """Answer of `chat/completions`."""

    choices: list[Choice] = []
    usage: Usage | None = None


class Delta(msgspec.Struct):
    """The next part of an answer."""

    delta: Message
    finish_reason: str | None = None


class Chunk(msgspec.Struct):
    """One event of a stream of `chat/completions`; the one with the usage has no choice."""

    choices: list[Delta] = []
    usage: Usage | None = None


class Embedding(msgspec.Struct):
    """The vector of one text."""

    index: int
    embedding: list[float]


class Embeddings(msgspec.Struct):
    """Answer of `embeddings`."""

    data: list[Embedding]


class Error(msgspec.Struct):
    """Why a request was refused."""

    message: str = ""
    code: str | int | None = None


class ErrorBody(msgspec.Struct):
    """Answer of a request that was refused."""

    error: Error
