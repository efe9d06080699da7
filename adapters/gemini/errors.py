"""Errors of `google-genai`, and reasons of Gemini for ending an answer, as errors of the port."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import httpx
from google.auth.exceptions import GoogleAuthError
from google.genai import types
from google.genai.errors import APIError

from feed.ports.errors import Refused, Unavailable
from feed.ports.language_model import Blocked, Overloaded, Unfinished

MAX_MESSAGE = 300
"""characters of the service's own message"""
_ENDED = {types.FinishReason.STOP, types.FinishReason.MAX_TOKENS}
_BLOCKED = {
    types.FinishReason.SAFETY,
    types.FinishReason.RECITATION,
    types.FinishReason.BLOCKLIST,
    types.FinishReason.PROHIBITED_CONTENT,
    types.FinishReason.SPII,
    types.FinishReason.MODEL_ARMOR,
}
_ELSEWHERE = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.NOT_FOUND}
"""refusals of one region: it is slow, or does not have the model"""


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Raise the port's errors in place of those of the SDK."""
    try:
        yield
    except APIError as error:
        reason = f"{where}: {error.code} {error.status}: {str(error.message)[:MAX_MESSAGE]}"
        if error.code == HTTPStatus.TOO_MANY_REQUESTS:
            raise Overloaded(reason, _retry_after_s(error)) from error
        is_client_error = HTTPStatus.BAD_REQUEST <= error.code < HTTPStatus.INTERNAL_SERVER_ERROR
        if is_client_error and error.code not in _ELSEWHERE:
            raise Refused(reason) from error
        raise Unavailable(reason) from error
    except (httpx.HTTPError, httpx.InvalidURL, GoogleAuthError, OSError) as error:
        raise Unavailable(f"{where}: {type(error).__name__}: {error}") from error
    except ValueError as error:  # the SDK's own, of JSON, and of pydantic
        # Its text is left out, since it holds the answer.
        raise Unavailable(f"{where}: {type(error).__name__}: an unreadable answer") from error


def check_finished(answer: types.GenerateContentResponse, where: str) -> types.FinishReason | None:
    """Why an answer ended well; None if it goes on. Raises `Blocked`, or `Unfinished`."""
    feedback = answer.prompt_feedback
    if feedback and feedback.block_reason:
        raise Blocked(f"{where}: the prompt is blocked: {feedback.block_reason.value}")
    reason = answer.candidates[0].finish_reason if answer.candidates else None
    if reason in _BLOCKED:
        raise Blocked(f"{where}: the answer is blocked: {reason.value}")
    if reason is not None and reason not in _ENDED:
        raise Unfinished(f"{where}: the answer ended with {reason.value}")
    return reason


def _retry_after_s(error: APIError) -> int:
    headers = getattr(error.response, "headers", None) or {}
    try:
        return max(1, math.ceil(float(headers.get("retry-after", 1))))
    except ValueError:
        return 1
