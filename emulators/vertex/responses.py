"""The responses of Vertex AI: answers, and the chunks of a stream."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from starlette.responses import Response

BLOCKED_PROMPT = {"promptFeedback": {"blockReason": "SAFETY"}}


def chunk_of(text: str, reason: str | None, usage: Mapping[str, int] | None) -> dict[str, Any]:
    """Returns a response, or one of a stream; `usage` goes with the reason why it ends."""
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": text}]}}
    if reason == "SAFETY":
        candidate["content"] = {}
    chunk: dict[str, Any] = {"candidates": [candidate]}
    if reason and usage:
        candidate["finishReason"] = reason
        total = sum(usage.values())
        chunk["usageMetadata"] = {**usage, "totalTokenCount": total}
    return chunk


async def event_stream(
    chunks: AsyncIterator[str], count: int, reason: str, usage: Mapping[str, int]
) -> AsyncIterator[bytes]:
    """Yields events: a token each, the last one with the reason why the answer ends."""
    number = 0
    async for token in chunks:
        number += 1
        is_last = number == count and reason != "SAFETY"
        yield _event(chunk_of(token, reason if is_last else None, usage))
    if reason == "SAFETY" or not count:
        yield _event(chunk_of("", reason, usage))


def _event(chunk: Mapping[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(chunk) + b"\r\n\r\n"


def single_event(chunk: Mapping[str, Any]) -> Response:
    """Returns a stream of one event."""
    return Response(_event(chunk), media_type="text/event-stream")
