"""Connects to an endpoint of OpenAI's API, with the first request to it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.openai.client import OpenAiClient


def endpoint(
    url: str, model: str, embedding_model: str = "", api_key: str = ""
) -> "Callable[[str], OpenAiClient]":
    """What makes the client of the endpoint, whose only region may have any name."""

    def connect(_region: str) -> "OpenAiClient":
        from adapters.openai.client import OpenAiClient  # noqa: PLC0415

        return OpenAiClient(url, model, embedding_model, api_key)

    return connect
