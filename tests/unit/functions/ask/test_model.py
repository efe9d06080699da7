"""Answers of a model: as they are written, with its failures named, and cancelled in time."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
from starlette.types import ASGIApp

from feed.ports.errors import Refused, Unavailable
from feed.ports.language_model import Blocked, Generated, Interrupted, Overloaded, Usage
from functions.ask import generation
from functions.serving.service import Service
from tests.support.asgi_stream import AsgiStream
from tests.support.scripted_model import ScriptedModel

PATH = "/api/ask"
CHESS = {"question": "What is said about chess?"}


@pytest.fixture
def model(service: Service) -> ScriptedModel:
    service.model = scripted = ScriptedModel()
    return scripted


async def text_of(stream: AsgiStream) -> tuple[str, dict[str, Any]]:
    """The rest of a stream: its text and its last event."""
    events = await stream.rest()
    return "".join(data["text"] for name, data in events if name == "token"), events[-1][1]


async def test_tokens_are_sent_as_the_model_writes_them(
    service: Service, model: ScriptedModel, app: ASGIApp
) -> None:
    async with AsgiStream(app, PATH, CHESS) as stream:
        assert [(await stream.event())[0] for _ in range(2)] == ["session", "sources"]
        for said, shown in (("Chess", "Chess"), (" is", " is"), (" hard [9", " hard")):
            model.say(said)
            assert await stream.event() == ("token", {"text": shown})
        model.say("9] [", "1", "].", Generated("", Usage(120, 9)), None)
        text, done = await text_of(stream)
    assert text == " [1]."
    assert (done["model"], done["complete"], done["degraded"]) == ("scripted-1", True, [])
    assert done["citations_removed"] == 1
    assert done["usage"] == {"input_tokens": 120, "output_tokens": 9}
    assert 'part="first_token"' in service.metrics.text(None).decode()


async def test_a_client_that_waits_for_the_whole_answer_may_hang_up_too(
    model: ScriptedModel, app: ASGIApp
) -> None:
    waiting = AsgiStream(app, PATH, CHESS, accept="application/json")
    while not model.under_way:  # noqa: ASYNC110  # nothing is sent
        await asyncio.sleep(0.001)
    await waiting.hang_up()
    assert model.under_way == 0


async def test_a_client_that_hangs_up_cancels_the_call(model: ScriptedModel, app: ASGIApp) -> None:
    async with AsgiStream(app, PATH, CHESS, x_demo_user="ada") as stream:
        model.say("Chess")
        while (await stream.event())[0] != "token":
            assert model.under_way <= 1
        assert model.under_way == 1
    assert model.under_way == 0


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (Overloaded("the queue is full", 3), "model_unavailable"),
        (Unavailable("no region answers"), "model_unavailable"),
        (Refused("no such model"), "model_unavailable"),
        (Blocked("unsafe"), "model_blocked"),
        (None, "model_unavailable"),
    ],
)
async def test_without_a_word_of_the_model_sentences_of_the_sources_answer(
    model: ScriptedModel, app: ASGIApp, error: Exception | None, cause: str
) -> None:
    model.say(error)
    async with AsgiStream(app, PATH, CHESS, accept="application/json") as stream:
        answer = await stream.json()
    assert (answer["model"], answer["degraded"]) == ("extractive", [cause])
    assert answer["text"] == "Something about Chess. [1]"
    assert answer["complete"]


async def test_the_log_says_why_a_model_did_not_answer(
    model: ScriptedModel, app: ASGIApp, capsys: pytest.CaptureFixture[str]
) -> None:
    model.say(Unavailable("no region answers"))
    async with AsgiStream(app, PATH, CHESS) as stream:
        await stream.rest()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    reasons = {line["cause"]: line["reason"] for line in lines if "cause" in line}
    assert reasons == {"model_unavailable": "no region answers"}


@pytest.mark.parametrize(
    ("error", "cause"),
    [(Interrupted("cut"), "answer_incomplete"), (Blocked("unsafe"), "model_blocked")],
)
async def test_a_text_that_is_broken_off_is_marked_as_incomplete(
    model: ScriptedModel, app: ASGIApp, error: Exception, cause: str
) -> None:
    model.say("Chess is [", error)
    async with AsgiStream(app, PATH, CHESS) as stream:
        text, done = await text_of(stream)
    assert text == "Chess is ("
    assert (done["model"], done["complete"]) == ("scripted-1", False)
    assert done["degraded"] == [cause]


async def test_a_model_that_takes_too_long_is_left(
    model: ScriptedModel, app: ASGIApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.say("Chess")
    async with AsgiStream(app, PATH, CHESS) as stream:
        while (await stream.event())[0] != "token":
            pass
        monkeypatch.setattr(generation, "ANSWER_S", 0.0)
        model.say(" is")
        text, done = await text_of(stream)
    assert (text, done["degraded"], model.under_way) == (" is", ["answer_incomplete"], 0)


async def test_a_model_has_no_more_time_for_its_first_word_than_an_answer_has(
    service: Service, model: ScriptedModel, app: ASGIApp
) -> None:
    service.settings = msgspec.structs.replace(service.settings, MODEL_TIMEOUT_S=300.0)
    model.say("Chess", None)
    async with AsgiStream(app, PATH, CHESS) as stream:
        await stream.rest()
    assert 0 < model.timeouts_s[0] <= generation.ANSWER_S


async def test_the_model_is_told_the_conversation_so_far(
    model: ScriptedModel, app: ASGIApp
) -> None:
    for number, question in enumerate(["About chess?", "<b>And</b> bread?"]):
        model.say(f"Answer {number} [1].", None)
        body = {"question": question, "conversation": "talk"}
        async with AsgiStream(app, PATH, body, x_demo_user="ada") as stream:
            assert (await text_of(stream))[1]["stored"]
    first, answer, last = model.prompts[1].turns
    assert (first.role, first.text) == ("user", "About chess?")
    assert (answer.role, answer.text) == ("model", "Answer 0.")
    assert last.text.endswith("<question>&lt;b&gt;And&lt;/b&gt; bread?</question>")
