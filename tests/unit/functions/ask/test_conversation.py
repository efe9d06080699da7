"""What of a conversation is kept and told, and what a store that is away does to an answer."""

from typing import Any

import pytest
from starlette.types import ASGIApp

from feed.ports.errors import Unavailable
from feed.ports.language_model import Turn
from functions.ask.conversation import MAX_BYTES, MAX_TURNS, answered, bounded
from functions.serving.service import Service
from tests.support.asgi_stream import AsgiStream

ASKED, SAID = Turn("user", "Why?"), Turn("model", "So [1].")


def test_the_newest_turns_that_fit_are_kept() -> None:
    turns = [Turn("user", f"{number}") for number in range(30)]
    assert bounded(turns) == tuple(turns[-MAX_TURNS:])
    half = Turn("model", "é" * (MAX_BYTES // 4))
    assert bounded([ASKED, half, SAID, half]) == (SAID, half)


def test_only_questions_with_their_answers_are_told() -> None:
    assert answered([SAID, ASKED, ASKED, SAID, ASKED]) == [ASKED, SAID]


class Away:
    """A store of conversations of which some calls fail."""

    def __init__(self, store: Any, *failing: str) -> None:
        self._store = store
        self._failing = failing

    def __getattr__(self, name: str) -> Any:
        async def fail(*_: Any, **__: Any) -> None:
            raise Unavailable("away")

        return fail if name in self._failing else getattr(self._store, name)


@pytest.mark.parametrize(
    ("failing", "degraded"),
    [(("read", "write"), {"conversation_unavailable"}), (("write",), set())],
)
async def test_without_the_store_an_answer_stands_alone_and_says_that_it_is_not_stored(
    service: Service, app: ASGIApp, failing: tuple[str, ...], degraded: set[str]
) -> None:
    service.conversations = Away(service.conversations, *failing)
    body = {"question": "What is said about chess?", "conversation": "talk"}
    async with AsgiStream(app, "/api/ask", body, x_demo_user="ada") as stream:
        events = await stream.rest()
    done = events[-1][1]
    assert set(done["degraded"]) - {"summary_missing"} == degraded
    assert (done["stored"], done["complete"]) == (False, True)
    assert any(name == "token" for name, _ in events)
