"""The contract of generative models, held by each vendor's adapter through the pool."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import numpy as np
import pytest

from adapters.gemini.regions import regions_of
from adapters.model_pool.pool import ModelPool
from feed.ports.errors import Refused, Unavailable
from feed.ports.language_model import (
    Blocked,
    Generated,
    Interrupted,
    Overloaded,
    Picture,
    Prompt,
    Turn,
    Usage,
)
from tests.support.models import EmulatedModels, openai_server, vertex_server, without_faults

__all__ = ["openai_server", "vertex_server"]

SOURCES = "Why do cats purr?\n[1] Cats purr to heal.\n[2] A purr is a reed in the throat."
ANSWER = "Cats purr to heal [1]. A purr is a reed in the throat [2]."
PROMPT = Prompt(turns=[Turn("user", SOURCES)], system="Answer from the sources alone.")
JPEG = Picture("image/jpeg", b"\xff\xd8\xff\xe0 a picture")
MOOD = {
    "type": "object",
    "properties": {
        "mood": {"type": "string"},
        "themes": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 4},
        "energy": {"type": "number", "minimum": 0, "maximum": 1},
    },
    "required": ["mood", "themes", "energy"],
    "additionalProperties": False,
}
READING = Prompt(turns=[Turn("user", "Which mood is this?")], picture=JPEG, schema=MOOD)
TIMEOUT_S = 10.0


async def read(pool: ModelPool, into: list[Generated] | None = None) -> list[Generated]:
    got = [] if into is None else into
    async with pool.stream(PROMPT, TIMEOUT_S) as fragments:
        async for one in fragments:
            got.append(one)
    return got


async def until_idle(models: EmulatedModels) -> None:
    async with asyncio.timeout(10):
        while any(models.server.active.values()):  # noqa: ASYNC110  # another thread's
            await asyncio.sleep(0.005)


class LanguageModelContract:
    """The suite. `models` is a server, and what connects to it."""

    async def test_an_answer_comes_whole_or_in_fragments_and_says_what_it_cost(
        self, models: EmulatedModels
    ) -> None:
        pool = models.pool()
        whole = await pool.generate(PROMPT, TIMEOUT_S)
        fragments = await read(pool)
        assert whole.text == "".join(one.text for one in fragments) == ANSWER
        assert whole.usage == fragments[-1].usage
        assert whole.usage.input_tokens > 0
        assert whole.usage.output_tokens == len(ANSWER.split())
        assert {one.usage for one in fragments[:-1]} == {Usage()}
        assert len(fragments) >= len(ANSWER.split())

    async def test_fragments_are_passed_on_as_they_come(self, models: EmulatedModels) -> None:
        models.server.token_s = 0.3
        async with models.pool().stream(PROMPT, TIMEOUT_S) as fragments:
            assert (await anext(fragments)).text == "Cats"
            assert any(models.server.active.values())  # it is still answering

    async def test_a_connection_is_used_again(self, models: EmulatedModels) -> None:
        pool = models.pool()
        for _ in range(4):
            await read(pool)
            await pool.generate(PROMPT, TIMEOUT_S)
        assert len(models.server.clients) == len(models.regions)

    async def test_a_conversation_is_sent_whole(self, models: EmulatedModels) -> None:
        turns = [Turn("user", "One"), Turn("user", "more"), Turn("model", "Two")]
        turns += [Turn("user", "Three four")]
        answer = await models.pool().generate(Prompt(turns=turns, system="Short."), TIMEOUT_S)
        assert answer.text == "You said: Three four."
        sent = str(models.server.last)
        assert all(text in sent for text in ("One", "more", "Two", "Short."))

    async def test_a_picture_and_a_schema_make_an_instance_of_it(
        self, models: EmulatedModels
    ) -> None:
        pool = models.pool()
        answer = await pool.generate(READING, TIMEOUT_S)
        made = json.loads(answer.text)
        assert made.keys() == set(MOOD["required"])
        assert 1 <= len(made["themes"]) <= 4
        assert 0 <= made["energy"] <= 1
        other = Prompt(
            turns=READING.turns, picture=Picture("image/jpeg", JPEG.data + b"!"), schema=MOOD
        )
        assert (await pool.generate(other, TIMEOUT_S)).text != answer.text

    async def test_the_limit_of_an_answer_holds(self, models: EmulatedModels) -> None:
        pool = models.pool()
        short = Prompt(turns=PROMPT.turns, max_tokens=3)
        assert (await pool.generate(short, TIMEOUT_S)).text == "Cats purr to"
        cut = Prompt(turns=READING.turns, schema=MOOD, max_tokens=2)
        with pytest.raises(Refused, match="no JSON within 2 tokens"):
            await pool.generate(cut, TIMEOUT_S)
        assert sum(models.server.requests.values()) == 2

    async def test_texts_become_unit_vectors_and_similar_ones_are_near(
        self, models: EmulatedModels
    ) -> None:
        pool = models.pool()
        vectors = await pool.embed(["cats and dogs", "dogs and cats", "the tax law"], TIMEOUT_S)
        assert (vectors.dtype, vectors.shape[0]) == (np.float32, 3)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
        assert vectors[0] @ vectors[1] > 0.9 > vectors[0] @ vectors[2]
        assert await pool.embed(["cats and dogs"], TIMEOUT_S) == pytest.approx(vectors[:1])
        with pytest.raises(Refused, match="EMBEDDING_MODEL"):
            await models.pool(embeds=False).embed(["cats"], TIMEOUT_S)

    async def test_a_refusal_is_raised_once_and_says_what_is_wrong(
        self, models: EmulatedModels
    ) -> None:
        pool = models.pool()
        with pytest.raises(Refused, match="image/gif"):
            await pool.generate(
                Prompt(turns=READING.turns, picture=Picture("image/gif", b"GIF89a")), TIMEOUT_S
            )
        models.server.fail_next("status", status=403)
        with pytest.raises(Refused, match="403"):
            await read(pool)
        assert sum(models.server.requests.values()) == 2

    @pytest.mark.parametrize("kind", ["block", "block_answer"])
    async def test_what_is_blocked_is_not_asked_again(
        self, models: EmulatedModels, kind: str
    ) -> None:
        models.server.fail_next(kind, times=2)
        pool = models.pool()
        with pytest.raises(Blocked):
            await pool.generate(PROMPT, TIMEOUT_S)
        with pytest.raises(Blocked):
            await read(pool)
        assert sum(models.server.requests.values()) == 2

    async def test_a_busy_model_says_when_to_come_back(self, models: EmulatedModels) -> None:
        models.server.fail_next("status", None, status=429, headers={"Retry-After": "7"})
        with pytest.raises(Overloaded) as busy:
            await models.pool().generate(PROMPT, TIMEOUT_S)
        assert busy.value.retry_after_s == 7

    @pytest.mark.parametrize("kind", ["status", "drop", "garble"])
    async def test_an_answer_that_fails_is_unavailable(
        self, models: EmulatedModels, kind: str
    ) -> None:
        models.server.fail_next(kind, None)
        pool = models.pool()
        with pytest.raises(Unavailable) as failed:
            await pool.generate(PROMPT, TIMEOUT_S)
        assert not isinstance(failed.value, Refused)
        assert pool.state().regions[0].results == {"unavailable": 1}

    async def test_an_answer_that_is_no_json_is_unavailable(self, models: EmulatedModels) -> None:
        models.server.fail_next("no_json", None)
        with pytest.raises(Unavailable, match="no JSON"):
            await models.pool().generate(READING, TIMEOUT_S)

    async def test_a_stream_that_is_cut_is_interrupted(self, models: EmulatedModels) -> None:
        models.server.fail_next("cut", after=3)
        got: list[Generated] = []
        with pytest.raises(Interrupted):
            await read(models.pool(), into=got)
        assert "".join(one.text for one in got) == "Cats purr to"

    async def test_a_model_that_hangs_is_given_up_and_the_connection_closed(
        self, models: EmulatedModels
    ) -> None:
        pool = models.pool()
        await read(pool)  # connected
        models.server.fail_next("hang", None)
        with pytest.raises(Unavailable, match="no answer in time"):
            await pool.generate(PROMPT, 0.2)
        await until_idle(models)

    async def test_leaving_a_stream_closes_its_connection_at_once(
        self, models: EmulatedModels
    ) -> None:
        models.server.token_s = 5.0  # an answer takes a minute
        pool = models.pool()
        reading = asyncio.create_task(read(pool))
        while not any(models.server.active.values()):  # noqa: ASYNC110  # another thread's
            await asyncio.sleep(0.005)
        reading.cancel()
        await until_idle(models)
        models.server.token_s = 0.5
        async with pool.stream(PROMPT, TIMEOUT_S) as fragments:
            await anext(fragments)
        left_at = time.monotonic()
        await until_idle(models)
        assert time.monotonic() - left_at < 0.5 * (len(ANSWER.split()) - 2)
        assert pool.state().active == 0


class TestGemini(LanguageModelContract):
    @pytest.fixture
    async def models(self, vertex_server: EmulatedModels) -> AsyncIterator[EmulatedModels]:
        async for one in without_faults(vertex_server):
            yield one

    def test_without_credentials_it_is_unavailable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
        with pytest.raises(Unavailable, match=r"no credentials: .*/nowhere\.json"):
            regions_of("demo-x", "m")("us-east1")


class TestOpenAi(LanguageModelContract):
    @pytest.fixture
    async def models(self, openai_server: EmulatedModels) -> AsyncIterator[EmulatedModels]:
        async for one in without_faults(openai_server):
            yield one
