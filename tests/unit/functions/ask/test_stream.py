"""Answers as a client sees them: the order of events, refusals, and hanging up."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from starlette.types import ASGIApp

from functions.api.application import api
from functions.serving.service import Service
from functions.settings import read_settings
from functions.wiring.service import wire
from tests.support.asgi_stream import AsgiStream

PATH = "/api/ask"
CHESS = {"question": "What is said about chess?"}


async def test_the_first_event_leaves_before_anything_is_looked_for(
    service: Service, app: ASGIApp
) -> None:
    async with service.ranking_lock, AsgiStream(app, PATH, CHESS) as stream:
        name, session = await stream.event()
        assert (name, session["conversation"], stream.status) == ("session", None, 200)
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["x-accel-buffering"] == "no"
        assert "content-length" not in stream.headers
        service.ranking_lock.release()
        events = await stream.rest()
        await service.ranking_lock.acquire()
    assert [one for one, _ in events] == ["sources", "token", "done"]
    sources, token, done = (data for _, data in events)
    assert [one["number"] for one in sources["episodes"]] == [1, 2, 3, 4, 5, 6]
    assert sources["episodes"][0]["passages"] == ["Something about Chess."]
    assert token["text"] == "Something about Chess. [1]"
    assert (done["model"], done["complete"], done["degraded"]) == ("extractive", True, [])
    assert list(done["timings_ms"].values()) == sorted(done["timings_ms"].values())
    text = service.metrics.text(None).decode()
    assert 'earshot_answer_seconds_count{part="first_token"} 1.0' in text


async def test_a_whole_answer_is_one_object(app: ASGIApp) -> None:
    async with AsgiStream(app, PATH, CHESS, accept="application/json") as stream:
        answer = await stream.json()
    assert answer["text"] == "Something about Chess. [1]"
    assert len(answer["sources"]) == 6


async def test_without_retrieval_or_a_match_an_answer_says_so(app: ASGIApp) -> None:
    for more in ({"use_retrieval": False}, {"question": "Xyzzyplugh qwrtzpsd?"}):
        async with AsgiStream(app, PATH, CHESS | more, accept="application/json") as stream:
            answer = await stream.json()
        assert answer["sources"] == []
        assert answer["text"]


async def test_what_a_user_has_just_muted_is_no_source(app: ASGIApp) -> None:
    async def series_cited() -> set[str]:
        async with AsgiStream(app, PATH, CHESS, x_demo_user="ada") as stream:
            events = dict(await stream.rest())
        return {(one["series"] or {}).get("id") for one in events["sources"]["episodes"]}

    muted = min((await series_cited()) - {None})
    body = {"muted_series": [muted]}
    async with AsgiStream(app, "/api/me", body, x_demo_user="ada", method="PATCH") as changed:
        assert changed.status == 200
    assert muted not in await series_cited()


async def test_a_seed_and_the_question_before_say_what_a_question_is_about(app: ASGIApp) -> None:
    async def sources(question: str, **more: object) -> list[str]:
        body = {"question": question, "conversation": "talk", **more}
        async with AsgiStream(
            app, PATH, body, accept="application/json", x_demo_user="ada"
        ) as stream:
            return [one["title"] for one in (await stream.json())["sources"]]

    about = await sources("What is said about chess?")
    assert {one.split()[0] for one in about} == {"Chess"}
    assert set(await sources("And what else?")) & set(about)
    assert {one.split()[0] for one in await sources("Why?", seed={"text": "bread"})} == {"Bread"}
    seeded = await sources("What is bread?", seed={"episode_ids": ["episode-3", "content-7", "x"]})
    assert [one.split()[-1] for one in seeded[:2]] == ["3", "7"]
    assert len(seeded) == 6


async def test_a_question_that_is_wrong_is_refused_before_the_stream(app: ASGIApp) -> None:
    for body, field in (
        ({}, "question"),
        ({"question": "x" * 1001}, "question"),
        ({"question": " \n"}, "question"),
        (CHESS | {"conversation": "a/b"}, "conversation"),
        (CHESS | {"seed": {"text": "x", "token": "y"}}, "seed"),
        (CHESS | {"no": 1}, "no"),
    ):
        async with AsgiStream(app, PATH, body) as stream:
            assert (stream.status, (await stream.json())["field"]) == (400, field)
    async with AsgiStream(app, PATH, CHESS | {"conversation": "a"}) as stream:
        assert (stream.status, (await stream.json())["field"]) == (401, "conversation")


async def test_a_user_has_one_answer_at_a_time_until_it_ends_or_they_hang_up(
    service: Service, app: ASGIApp
) -> None:
    async with service.ranking_lock, AsgiStream(app, PATH, CHESS, x_demo_user="ada") as first:
        await first.event()
        async with AsgiStream(app, PATH, CHESS, x_demo_user="ada") as second:
            assert second.status == 409
        async with AsgiStream(app, PATH, CHESS, x_demo_user="bert") as other:
            assert other.status == 200
    async with AsgiStream(app, PATH, CHESS, x_demo_user="ada") as ended:
        await ended.rest()
        async with AsgiStream(app, PATH, CHESS, x_demo_user="ada") as again:
            assert again.status == 200


async def test_questions_beyond_their_places_are_refused_and_sessions_are_answered(
    service: Service, app: ASGIApp
) -> None:
    async with AsyncExitStack() as stack:
        async with service.ranking_lock:
            streams = [
                await stack.enter_async_context(AsgiStream(app, PATH, CHESS)) for _ in range(200)
            ]
            assert [one.status for one in streams] == [200] * 3 + [503] * 197
            assert streams[-1].headers["retry-after"] == "1"
        async with AsgiStream(app, "/api/sessions/create", {}) as session:
            assert session.status == 200
        ended = await asyncio.gather(*(one.rest() for one in streams[:3]))
        assert [events[-1][0] for events in ended] == ["done"] * 3


async def test_without_a_catalog_the_stream_ends_with_the_problem(tmp_path: Path) -> None:
    empty = read_settings({"SHELF": str(tmp_path / "none"), "STORE": str(tmp_path / "users.db")})
    async with AsgiStream(api(wire(empty)), PATH, CHESS) as stream:
        events = await stream.rest()
    assert [name for name, _ in events] == ["session", "error"]
    assert events[-1][1]["type"] == "urn:earshot:problem:no-catalog"


async def test_a_conversation_is_stored_before_the_last_event_and_deleted_with_its_user(
    service: Service, app: ASGIApp
) -> None:
    async def stored() -> list[str]:
        found = await service.conversations.read("ada", "talk", service.now_us())
        return [one.text for one in found.turns] if found else []

    body = CHESS | {"conversation": "talk"}
    for number in (2, 4):
        async with AsgiStream(app, PATH, body, x_demo_user="ada") as stream:
            events = await stream.rest()
            assert events[-1][1]["stored"]
            texts = await stored()
        assert texts == [CHESS["question"], "Something about Chess. [1]"] * (number // 2)
    # Another instance deletes it and begins anew: what is kept here is not gone on from.
    await service.conversations.delete_all("ada")
    async with AsgiStream(app, PATH, body, x_demo_user="ada") as stream:
        assert (await stream.rest())[-1][1]["stored"]
    assert await stored() == texts[:2]
    async with service.ranking_lock:
        other = body | {"question": "And about bread?"}
        late = AsgiStream(app, PATH, other, x_demo_user="ada")
        async with late:
            await late.event()
            while len(await stored()) == 2:  # noqa: ASYNC110  # the store tells nobody
                await asyncio.sleep(0.001)
            async with AsgiStream(app, "/api/me", None, x_demo_user="ada", method="DELETE") as gone:
                assert (await gone.json())["deleted"]["conversations"] == 1
            service.ranking_lock.release()
            events = await late.rest()
            await service.ranking_lock.acquire()
    assert events[-1][0] == "done"
    assert not events[-1][1]["stored"]
    assert await stored() == []
