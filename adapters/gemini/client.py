"""Calls to Gemini in one region of Vertex AI."""

import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from contextvars import ContextVar
from itertools import groupby

import httpx
import numpy as np
import numpy.typing as npt
from google import genai
from google.auth.credentials import Credentials
from google.genai import types

from adapters.gemini.errors import check_finished, translated
from adapters.model_pool.answers import complete, unit_vectors
from adapters.model_pool.connections import KEPT_ALIVE, drain
from feed.ports.errors import Refused, Unavailable
from feed.ports.language_model import Generated, Interrupted, Prompt, Usage

API_VERSION = "v1"


_responses: ContextVar[AsyncExitStack | None] = ContextVar("responses", default=None)
"""closes the responses of the stream that is read in this context

Closing the SDK's iterator does not: its objects refer to each other, so that the connection would
stay open until the next garbage collection.
"""


async def _keep_to_close(response: httpx.Response) -> None:
    if (responses := _responses.get()) is not None:
        responses.push_async_callback(response.aclose)


class GeminiClient:
    """A `ModelClient` for one region, over one HTTP client that keeps its connections open."""

    def __init__(
        self,
        project: str,
        region: str,
        model: str,
        embedding_model: str,
        url: str,
        credentials: Credentials,
        certificates: ssl.SSLContext,
    ) -> None:
        """`url` is the address of an emulator; empty: the region's own."""
        self._where = f"Vertex AI in {region}"
        self._model = model
        self._embedding_model = embedding_model
        self._http = httpx.AsyncClient(
            verify=certificates, limits=KEPT_ALIVE, event_hooks={"response": [_keep_to_close]}
        )
        # No `retry_options`: the SDK asks once, and the pool asks another region. No `timeout`:
        # the pool limits the time. What else it would make for each client is given to it.
        options = types.HttpOptions(
            base_url=url or None,
            api_version=API_VERSION,
            httpx_async_client=self._http,
            httpx_client=httpx.Client(verify=certificates),
            async_client_args={"ssl": certificates},
        )
        self._client = genai.Client(
            vertexai=True,
            project=project,
            location=region,
            credentials=credentials,
            http_options=options,
        )
        self._models = self._client.aio.models

    async def generate(self, prompt: Prompt) -> Generated:
        """The whole answer to a prompt; valid JSON if the prompt has a schema."""
        with translated(self._where):
            answer = await self._models.generate_content(
                model=self._model, contents=_contents(prompt), config=_config(prompt)
            )
        reason = check_finished(answer, self._where)
        if reason is None:
            raise Unavailable(f"{self._where}: an answer that did not finish")
        is_cut = reason == types.FinishReason.MAX_TOKENS
        text = complete(_text(answer), prompt, self._where, is_cut=is_cut)
        return Generated(text, _usage(answer))

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Generated, None]:
        """The answer in fragments; none but the last one is empty. Closing it ends the call."""
        async with AsyncExitStack() as responses:
            _responses.set(responses)
            responses.callback(_responses.set, None)
            with translated(self._where):
                chunks = await self._models.generate_content_stream(
                    model=self._model, contents=_contents(prompt), config=_config(prompt)
                )
                async for chunk in chunks:
                    reason, text = check_finished(chunk, self._where), _text(chunk)
                    if reason is not None:
                        yield Generated(text, _usage(chunk))
                        await drain(chunks)
                        return
                    if text:
                        yield Generated(text)
        raise Interrupted(f"{self._where}: a stream without an end")

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """(len(texts), D) unit vectors of texts. Raises `Refused` without an embedding model."""
        if not self._embedding_model:
            raise Refused("EMBEDDING_MODEL: no model is set that embeds texts")
        with translated(self._where):
            answer = await self._models.embed_content(
                model=self._embedding_model,
                contents=[
                    types.Content(role="user", parts=[types.Part(text=one)]) for one in texts
                ],
            )
        vectors = [one.values or [] for one in answer.embeddings or []]
        return unit_vectors(vectors, len(texts), self._where)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _contents(prompt: Prompt) -> list[types.Content]:
    """The turns, and the picture with the last one. Turns of one role in a row become one."""
    contents: list[types.Content] = []
    for role, turns in groupby(prompt.turns, key=lambda turn: turn.role):
        parts = [types.Part(text=turn.text) for turn in turns]
        contents.append(types.Content(role=role, parts=parts))
    if prompt.picture and contents[-1].parts is not None:
        picture = types.Blob(data=prompt.picture.data, mime_type=prompt.picture.media_type)
        contents[-1].parts.insert(0, types.Part(inline_data=picture))
    return contents


def _config(prompt: Prompt) -> types.GenerateContentConfig:
    is_json = prompt.schema is not None
    return types.GenerateContentConfig(
        system_instruction=prompt.system or None,
        temperature=prompt.temperature,
        max_output_tokens=prompt.max_tokens,
        response_mime_type="application/json" if is_json else None,
        response_json_schema=dict(prompt.schema) if prompt.schema is not None else None,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )


def _text(answer: types.GenerateContentResponse) -> str:
    """The text of the first candidate, without the model's thoughts."""
    content = answer.candidates[0].content if answer.candidates else None
    parts = (content.parts if content else None) or []
    return "".join(part.text for part in parts if part.text and not part.thought)


def _usage(answer: types.GenerateContentResponse) -> Usage:
    usage = answer.usage_metadata
    if usage is None:
        return Usage()
    output = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
    return Usage(usage.prompt_token_count or 0, output)
