"""The reader of photos: a model where there is one, local rules where it fails, each photo once."""

import asyncio
from typing import Any, cast

import msgspec
import pytest

from emulators.vertex.wire import check_schema
from feed.model.degradation import Degradation
from feed.ports.errors import Unavailable
from feed.ports.language_model import Blocked, Generated, LanguageModel, Prompt
from functions.photos.picture import PictureError
from functions.photos.reader import MAX_AT_ONCE, PhotoReader
from functions.problems import ProblemError
from functions.serving.degradation_log import DegradationLog
from functions.telemetry import Metrics, Timings
from tests.support.photos import as_file, picture

RED = as_file(picture("red"))
SAID = {"mood": ["cosy"], "themes": [], "energy": 0.1, "valence": 0.9, "text": "tea, rain"}


class Model:
    """A language model that gives these answers one after another, the last one for ever."""

    name = "painter"

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = answers
        self.prompts: list[Prompt] = []
        self.timeouts_s: list[float] = []

    async def generate(self, prompt: Prompt, timeout_s: float) -> Generated:
        assert timeout_s > 0
        answer = self.answers[min(len(self.prompts), len(self.answers) - 1)]
        self.prompts.append(prompt)
        self.timeouts_s.append(timeout_s)
        await asyncio.sleep(0)
        if isinstance(answer, Exception):
            raise answer
        return Generated(answer)


def reader(model: Model | None = None) -> PhotoReader:
    return PhotoReader(cast("LanguageModel | None", model), 5, Metrics(), DegradationLog())


def json(**changes: Any) -> str:
    return msgspec.json.encode({**SAID, **changes}).decode()


def read(model: Model | None, *files: bytes) -> Any:
    """What each photo says, read by one reader at one time; then what the first one says again."""

    async def all_of_them() -> Any:
        one = reader(model)
        return *await asyncio.gather(*map(one.read, files)), await one.read(files[0])

    return asyncio.run(all_of_them())


def test_a_model_sees_each_photo_once_however_many_ask_for_it() -> None:
    model = Model(json())
    found = read(model, RED, RED, as_file(picture("blue")))
    assert len(model.prompts) == 2
    reading, name, degraded = found[0]
    assert (reading.text, name, degraded) == ("tea, rain", "painter", ())
    assert found[0] == found[1] == found[3]
    (shown,) = {prompt.picture.media_type for prompt in model.prompts if prompt.picture}
    assert shown == "image/jpeg"


def test_a_model_is_asked_by_a_schema_that_vertex_ai_takes() -> None:
    model = Model(json())
    read(model, RED)
    check_schema(model.prompts[0].schema)
    assert {*(model.prompts[0].schema or {})["properties"]} == SAID.keys()


def test_an_answer_that_is_not_as_asked_for_is_asked_for_once_more() -> None:
    model = Model(json(energy=7), json())
    assert read(model, RED)[0][1] == "painter"
    first_s, second_s = model.timeouts_s
    assert second_s < first_s  # of the time for both


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        (["no JSON"], Degradation.MODEL_UNAVAILABLE),
        ([json(mood=[]), json(text="")], Degradation.MODEL_UNAVAILABLE),
        ([Unavailable("gone")], Degradation.MODEL_UNAVAILABLE),
        ([Blocked("a safety filter")], Degradation.MODEL_BLOCKED),
    ],
    ids=str,
)
def test_the_local_reading_stands_in_for_a_model_and_says_so(
    answers: Any, cause: Degradation
) -> None:
    model = Model(*answers)
    (reading, name, degraded), again = read(model, RED)
    assert (name, degraded) == ("local", (cause,))
    assert reading == read(None, RED)[0][0]
    assert again[2] == degraded
    assert len(model.prompts) == 4 - 2 * isinstance(answers[0], Exception)  # asked anew


def test_bytes_that_are_no_picture_are_refused_to_everybody_who_sent_them() -> None:
    async def send() -> Any:
        one = reader()
        return await asyncio.gather(one.read(b"x"), one.read(b"x"), return_exceptions=True)

    assert [type(one) for one in asyncio.run(send())] == [PictureError] * 2


def test_photos_beyond_the_number_at_once_are_refused() -> None:
    one = reader()
    places = [one.place(Timings()) for _ in range(MAX_AT_ONCE)]
    for place in places:
        place.__enter__()
    with pytest.raises(ProblemError) as refused, one.place(timings := Timings()):
        pass
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "2")
    assert timings.refusal is not None  # which is logged together with others
    places[0].__exit__(None, None, None)
    with one.place(Timings()):
        pass
