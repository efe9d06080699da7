"""Calls to one endpoint that speaks OpenAI's API: chat completions and embeddings."""

import base64
import math
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
import msgspec
import numpy as np
import numpy.typing as npt

from adapters.model_pool.answers import complete, unit_vectors
from adapters.model_pool.connections import KEPT_ALIVE, drain
from adapters.openai import wire
from feed.ports.errors import Refused, Unavailable
from feed.ports.language_model import (
    Blocked,
    Generated,
    Interrupted,
    Overloaded,
    Prompt,
    Usage,
)

MAX_MESSAGE = 300
"""characters of the service's own message"""
DONE = "[DONE]"
"""the last event of a stream"""
_EVENT = "data:"
_ROLES = {"user": "user", "model": "assistant"}
_BLOCKED_CODES = {"content_filter", "content_policy_violation"}

T = TypeVar("T")


class OpenAiClient:
    """A `ModelClient` for one endpoint, over one HTTP client that keeps its connections open."""

    def __init__(self, url: str, model: str, embedding_model: str = "", api_key: str = "") -> None:
        """`url` is the endpoint's address up to `/v1`; without a key none is sent."""
        self._where = httpx.URL(url).host
        self._model = model
        self._embedding_model = embedding_model
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {api_key}"} if api_key else None,
            limits=KEPT_ALIVE,
            timeout=None,  # noqa: S113  # the pool limits the time
        )

    async def generate(self, prompt: Prompt) -> Generated:
        """The whole answer to a prompt; valid JSON if the prompt has a schema."""
        with self._translated():
            response = await self._http.post(
                "chat/completions", json=_request(self._model, prompt, streamed=False)
            )
            self._check(response)
            answer = msgspec.json.decode(response.content, type=wire.Completion)
        if not answer.choices:
            raise Unavailable(f"{self._where}: an answer without choices")
        choice = answer.choices[0]
        is_cut = self._check_reason(choice.finish_reason) == "length"
        text = complete(choice.message.content or "", prompt, self._where, is_cut=is_cut)
        return Generated(text, _usage(answer.usage))

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Generated, None]:
        """The answer in fragments; none but the last one is empty. Closing it ends the call."""
        request = _request(self._model, prompt, streamed=True)
        usage, reason = None, None
        with self._translated():
            async with self._http.stream("POST", "chat/completions", json=request) as response:
                if response.status_code != HTTPStatus.OK:
                    await response.aread()
                self._check(response)
                events = _events(response)
                async for data in events:
                    if data == DONE:
                        await drain(events)
                        break
                    chunk = msgspec.json.decode(data, type=wire.Chunk)
                    usage = chunk.usage or usage
                    for choice in chunk.choices[:1]:
                        reason = self._check_reason(choice.finish_reason) or reason
                        if choice.delta.content:
                            yield Generated(choice.delta.content)
        if reason is None:
            raise Interrupted(f"{self._where}: a stream without an end")
        yield Generated("", _usage(usage))

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """(len(texts), D) unit vectors of texts. Raises `Refused` without an embedding model."""
        if not self._embedding_model:
            raise Refused("EMBEDDING_MODEL: no model is set that embeds texts")
        with self._translated():
            response = await self._http.post(
                "embeddings", json={"model": self._embedding_model, "input": list(texts)}
            )
            self._check(response)
            found = msgspec.json.decode(response.content, type=wire.Embeddings).data
        found.sort(key=lambda one: one.index)
        return unit_vectors([one.embedding for one in found], len(texts), self._where)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise the port's errors in place of those of httpx and msgspec."""
        try:
            yield
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise Unavailable(f"{self._where}: {type(error).__name__}: {error}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unavailable(f"{self._where}: an unreadable answer: {error}") from error

    def _check(self, response: httpx.Response) -> None:
        """Raise the port's error for a response that is none."""
        status = response.status_code
        if status == HTTPStatus.OK:
            return
        try:
            error = msgspec.json.decode(response.content, type=wire.ErrorBody).error
        except msgspec.DecodeError:
            error = wire.Error(response.text)
        reason = f"{self._where}: {status}: {error.message[:MAX_MESSAGE]}"
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise Overloaded(reason, _retry_after_s(response))
        if error.code in _BLOCKED_CODES:
            raise Blocked(reason)
        is_refusal = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        if is_refusal and status != HTTPStatus.REQUEST_TIMEOUT:
            raise Refused(reason)
        raise Unavailable(reason)

    def _check_reason(self, reason: str | None) -> str | None:
        """Return why an answer ends, if it does. Raises `Blocked`."""
        if reason == "content_filter":
            raise Blocked(f"{self._where}: the answer is blocked")
        return reason


def _request(model: str, prompt: Prompt, *, streamed: bool) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    if prompt.system:
        messages.append({"role": "system", "content": prompt.system})
    messages += [{"role": _ROLES[turn.role], "content": turn.text} for turn in prompt.turns]
    if prompt.picture:
        data = base64.b64encode(prompt.picture.data).decode()
        url = f"data:{prompt.picture.media_type};base64,{data}"
        messages[-1]["content"] = [
            {"type": "text", "text": messages[-1]["content"]},
            {"type": "image_url", "image_url": {"url": url}},
        ]
    request: dict[str, Any] = {
        "model": model,
        "messages": messages,
        "max_tokens": prompt.max_tokens,
        "temperature": prompt.temperature,
    }
    if prompt.schema is not None:
        named = {"name": "answer", "schema": dict(prompt.schema)}
        request["response_format"] = {"type": "json_schema", "json_schema": named}
    if streamed:
        request |= {"stream": True, "stream_options": {"include_usage": True}}
    return request


async def _events(response: httpx.Response) -> AsyncIterator[str]:
    """The data of each event of a stream (server-sent events)."""
    async for line in response.aiter_lines():
        if line.startswith(_EVENT):
            yield line.removeprefix(_EVENT).strip()


def _usage(usage: wire.Usage | None) -> Usage:
    return Usage(usage.prompt_tokens, usage.completion_tokens) if usage else Usage()


def _retry_after_s(response: httpx.Response) -> int:
    try:
        return max(1, math.ceil(float(response.headers.get("retry-after", 1))))
    except ValueError:
        return 1
