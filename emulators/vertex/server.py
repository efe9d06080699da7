"""Emulates Vertex AI's generative models over HTTP: all regions at one address, with faults.

There is no official emulator, so this one speaks the wire format of API v1, as the SDK
`google-genai` 3.6 does. It refuses what the service refuses, and what nothing of Earshot's sends.
"""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from emulators.models import answers
from emulators.models.faults import ModelFault
from emulators.models.server import NO_JSON, ModelServer, RequestError, decoded, json_response
from emulators.vertex import wire
from emulators.vertex.responses import BLOCKED_PROMPT, chunk_of, event_stream, single_event

MODEL = "gemini-3.8-flash"
EMBEDDING_MODEL = "gemini-embedding-2"
EMBEDDING_MODELS = {EMBEDDING_MODEL: 3072, "text-embedding-005": 768}
"""models and their dimensions; those that are not Gemini's are called differently"""
REGIONS = ("us-central1", "us-east1", "europe-west1", "asia-southeast1")
MAX_BODY_BYTES = 20 * 2**20
MAX_TEXTS = 250
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""names of errors, by HTTP status"""
_PATH = re.compile(
    r"/v1/projects/([^/]+)/locations/([^/]+)/publishers/google/models/([^/:]+):(\w+)"
)


class VertexEmulator(ModelServer):
    """The server, in its own thread."""

    name = "the Vertex AI emulator"

    def __init__(self, project: str = "demo-earshot", **how: Any) -> None:
        """`project` is the one that is billed; the other arguments are `ModelServer`'s."""
        super().__init__(**how)
        self.project = project

    def region_of(self, path: str) -> str:
        """Returns the region that a path names."""
        found = _PATH.fullmatch(path)
        return found[2] if found else ""

    async def answer(self, request: Request, body: bytes, fault: ModelFault | None) -> Response:
        """Returns the response to a request. Raises `RequestError`."""
        found = _PATH.fullmatch(request.url.path)
        if found is None or request.method != "POST":
            raise RequestError(f"No such call: {request.method} {request.url.path}", 404)
        self._check(request, found, body)
        model, call = found.groups()[2:]
        if model in EMBEDDING_MODELS:
            return json_response(self._embed(model, call, body), fault)
        if call not in {"generateContent", "streamGenerateContent"}:
            raise RequestError(f"{call} is not supported by {model}")
        self.last = decoded(body, wire.GenerateRequest)
        wire.check(self.last)
        return await self._generate(self.last, fault, streamed=call == "streamGenerateContent")

    def refusal(self, wrong: RequestError, fault: ModelFault | None) -> Response:
        """Returns an error in the service's form."""
        status = STATUSES.get(wrong.status, "UNKNOWN")
        body = {"error": {"code": wrong.status, "message": str(wrong), "status": status}}
        return json_response(body, None, wrong.status, fault.headers if fault else None)

    def _check(self, request: Request, found: re.Match[str], body: bytes) -> None:
        """Raises `RequestError` for who asks, what for, and in which form."""
        project, region, model, call = found.groups()
        if not re.fullmatch(r"Bearer \S+", request.headers.get("authorization", "")):
            raise RequestError("Request is missing required authentication credential.", 401)
        if project != self.project:
            raise RequestError(f"Permission denied on resource project {project}.", 403)
        if region not in REGIONS or model not in {MODEL, *EMBEDDING_MODELS}:
            raise RequestError(f"Publisher Model `{found[0]}` was not found", 404)
        if request.headers.get("content-type") != "application/json":
            raise RequestError("Expected application/json")
        if len(body) > MAX_BODY_BYTES:
            raise RequestError(f"Request payload size exceeds {MAX_BODY_BYTES} bytes", 413)
        expected = "alt=sse" if call == "streamGenerateContent" else ""
        if request.url.query != expected:
            raise RequestError(f"Expected the query {expected!r}, got {request.url.query!r}")

    async def _generate(
        self, request: wire.GenerateRequest, fault: ModelFault | None, *, streamed: bool
    ) -> Response:
        config = request.generation_config
        if fault and fault.kind == "block":
            if streamed:
                return single_event(BLOCKED_PROMPT)
            return json_response(BLOCKED_PROMPT, None)
        text = answers.answer(*_last(request), config.response_json_schema)
        if fault and fault.kind == "no_json":
            text = NO_JSON
        all_tokens = answers.tokens(text)
        kept = all_tokens[: config.max_output_tokens]
        reason = "STOP" if len(kept) == len(all_tokens) else "MAX_TOKENS"
        if fault and fault.kind == "block_answer":
            kept, reason = kept[: fault.after], "SAFETY"
        usage = {"promptTokenCount": _count(request), "candidatesTokenCount": len(kept)}
        chunks = self.paced(kept, fault)
        if streamed:
            return StreamingResponse(
                event_stream(chunks, len(kept), reason, usage), media_type="text/event-stream"
            )
        text = "".join([token async for token in chunks])
        return json_response(chunk_of(text, reason, usage), fault)

    def _embed(self, model: str, call: str, body: bytes) -> dict[str, Any]:
        dimension = EMBEDDING_MODELS[model]
        if not model.startswith("gemini"):
            if call != "predict":
                raise RequestError(f"{call} is not supported by {model}")
            instances = decoded(body, wire.PredictRequest).instances
            vectors = [answers.vector(one.content, dimension) for one in instances]
            return {"predictions": [{"embeddings": {"values": one}} for one in vectors]}
        if call == "embedContent":
            one = decoded(body, wire.EmbedRequest)
            return {"embedding": {"values": answers.vector(_text(one.content), dimension)}}
        if call != "batchEmbedContents":
            raise RequestError(f"{call} is not supported by {model}")
        requests = decoded(body, wire.BatchEmbedRequest).requests
        if not 1 <= len(requests) <= MAX_TEXTS:
            raise RequestError(f"Expected 1 to {MAX_TEXTS} requests, got {len(requests)}")
        texts = [_text(one.content) for one in requests]
        return {"embeddings": [{"values": answers.vector(one, dimension)} for one in texts]}


def _text(content: wire.Content) -> str:
    wire.check_parts(content)
    return " ".join(part.text for part in content.parts if part.text)


def _count(request: wire.GenerateRequest) -> int:
    return sum(
        len(answers.tokens(part.text or "")) for one in request.contents for part in one.parts
    )


def _last(request: wire.GenerateRequest) -> tuple[str, list[bytes]]:
    """The text and the pictures of the last contribution."""
    parts = request.contents[-1].parts
    text = "\n".join(part.text for part in parts if part.text)
    return text, [part.inline_data.content() for part in parts if part.inline_data]
