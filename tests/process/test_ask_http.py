"""Questions to a real function with an emulated model."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import httpx
import pytest

from emulators.openai.server import MODEL, OpenAiEmulator
from tests.support.server import Server, until


@pytest.fixture(scope="module")
def model() -> Iterator[OpenAiEmulator]:
    emulator = OpenAiEmulator().start()
    yield emulator
    emulator.stop()


def test_events_come_one_by_one_and_a_client_that_hangs_up_cancels_the_call(
    start_server: Callable[..., Server], small_shelf: str, model: OpenAiEmulator
) -> None:
    settings = {"MODELS": "openai", "MODEL": MODEL, "MODEL_URL": f"{model.url}/v1"}
    origin = {"Origin": "https://app.example"}
    server = start_server(
        SHELF=small_shelf,
        CORS_ORIGINS=origin["Origin"],
        MODEL_API_KEY=model.api_key,
        **settings,
    )

    def asked() -> AbstractContextManager[httpx.Response]:
        body = json.dumps({"question": "What is said about chess?"})
        return server.client.stream("POST", "/api/ask", content=body, headers=origin)

    with asked() as answer:
        events = [line for line in answer.iter_lines() if line]
    assert answer.headers["access-control-allow-origin"] == origin["Origin"]
    assert events[-2] == "event: done"
    done = json.loads(events[-1].removeprefix("data: "))
    assert (done["model"], done["complete"], done["citations_removed"]) == (MODEL, True, 0)
    assert events.count("event: token") > 5
    model.fail_next("hang")
    with asked() as answer:
        lines = (line for line in answer.iter_lines() if line.startswith("event"))
        assert [next(lines), next(lines)] == ["event: session", "event: sources"]
        until(lambda: sum(model.active.values()) == 1)
    until(lambda: sum(model.active.values()) == 0)
    assert server.logged(lambda line: line.get("hung_up"))
    model.reset()
