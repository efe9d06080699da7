"""Emulates an endpoint of OpenAI's API over HTTP, with faults; it has one region."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from emulators.models import answers
from emulators.models.faults import ModelFault
from emulators.models.server import NO_JSON, ModelServer, RequestError, decoded, json_response
from emulators.openai import wire

MODEL = "a-model"
EMBEDDING_MODELS = {"an-embedding-model": 384}
DONE = b"data: [DONE]\n\n"


class OpenAiEmulator(ModelServer):
    """The server, in its own thread."""

    name = "the OpenAI emulator"

    def __init__(self, api_key: str = "key-of-the-emulator", **how: Any) -> None:
        """`api_key` is the one that it accepts; the other arguments are `ModelServer`'s."""
        super().__init__(**how)
        self.api_key = api_key

    def region_of(self, _path: str) -> str:
        """Returns no region."""
        return ""

    async def answer(self, request: Request, body: bytes, fault: ModelFault | None) -> Response:
        """Returns the response to a request. Raises `RequestError`."""
        if request.headers.get("authorization") != f"Bearer {self.api_key}":
            raise RequestError("Incorrect API key provided", 401)
        if request.headers.get("content-type") != "application/json":
            raise RequestError("expected application/json", 415)
        call = request.method, request.url.path
        if call == ("POST", "/v1/embeddings"):
            return json_response(self._embed(decoded(body, wire.EmbeddingsRequest)), fault)
        if call != ("POST", "/v1/chat/completions"):
            raise RequestError(f"Unknown request URL: {' '.join(call)}", 404)
        self.last = decoded(body, wire.ChatRequest)
        return await self._chat(self.last, fault)

    def refusal(self, wrong: RequestError, fault: ModelFault | None) -> Response:
        """Returns an error in the service's form."""
        code = str(wrong) if str(wrong) == "content_filter" else None
        error = {"message": str(wrong), "type": "invalid_request_error", "code": code}
        return json_response({"error": error}, None, wrong.status, fault.headers if fault else None)

    async def _chat(self, request: wire.ChatRequest, fault: ModelFault | None) -> Response:
        if request.model != MODEL:
            raise RequestError(f"The model `{request.model}` does not exist", 404)
        wire.check(request)
        if fault and fault.kind == "block":
            raise RequestError("content_filter")
        schema = request.response_format.json_schema.schema if request.response_format else None
        text = answers.answer(*wire.last(request), schema)
        tokens = answers.tokens(NO_JSON if fault and fault.kind == "no_json" else text)
        kept = tokens[: request.max_tokens]
        reason = "stop" if len(kept) == len(tokens) else "length"
        if fault and fault.kind == "block_answer":
            kept, reason = kept[: fault.after], "content_filter"
        usage = {"prompt_tokens": len(request.messages), "completion_tokens": len(kept)}
        chunks = self.paced(kept, fault)
        if request.stream:
            stream = _event_stream(chunks, reason, usage)
            return StreamingResponse(stream, media_type="text/event-stream")
        message = {"role": "assistant", "content": "".join([token async for token in chunks])}
        choice = {"index": 0, "message": message, "finish_reason": reason}
        body = {"object": "chat.completion", "choices": [choice], "usage": usage}
        return json_response(body, fault)

    def _embed(self, request: wire.EmbeddingsRequest) -> dict[str, Any]:
        dimension = EMBEDDING_MODELS.get(request.model)
        if dimension is None:
            raise RequestError(f"The model `{request.model}` does not exist", 404)
        data = [
            {"object": "embedding", "index": index, "embedding": answers.vector(text, dimension)}
            for index, text in enumerate(request.input)
        ]
        return {"object": "list", "data": data[::-1]}  # the order is not promised


async def _event_stream(
    chunks: AsyncIterator[str], reason: str, usage: dict[str, int]
) -> AsyncIterator[bytes]:
    """Yields events: a token each, then why the answer ends, then the usage."""
    yield _event({"role": "assistant", "content": ""})
    async for token in chunks:
        yield _event({"content": token})
    yield _event({}, reason)
    yield _data({"object": "chat.completion.chunk", "choices": [], "usage": usage})
    yield DONE


def _event(delta: dict[str, str], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return _data({"object": "chat.completion.chunk", "choices": [choice]})


def _data(chunk: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(chunk) + b"\n\n"
