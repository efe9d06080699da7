"""The export is read page by page while it is sent, and never passes a part for the whole."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp

from feed.model.engagement import Engagement
from feed.ports.errors import Unavailable
from feed.ports.language_model import Turn
from functions.api import export
from functions.api.application import api
from functions.http.rate_limits import RateLimits
from functions.serving.service import Service
from functions.settings import Settings
from functions.wiring.service import wire
from tests.support.asgi_stream import AsgiStream

PATH = "/api/me/export"


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PAGE", 2)
    monkeypatch.setattr(export, "CONVERSATIONS_PAGE", 2)


async def store(service: Service, engagements: int, conversations: int) -> None:
    for number in range(engagements):
        one = Engagement(id=f"{number}", episode_id="gone", type="like", timestamp_us=number // 2)
        await service.store.put_engagement("ada", one)
    for number in range(conversations):
        turns = [Turn("user", f"Why {number}?")]
        await service.conversations.write(
            "ada", f"{number}", turns, now_us=0, expires_us=1_000_000, revision=None
        )


async def pieces(stream: AsgiStream) -> list[bytes]:
    found = []
    while piece := await stream.chunk():
        found.append(piece)
    return found


@pytest.mark.parametrize(("engagements", "conversations"), [(0, 0), (1, 2), (4, 1), (5, 3)])
async def test_pages_together_are_one_document_of_everything_once(
    service: Service, app: ASGIApp, engagements: int, conversations: int
) -> None:
    await store(service, engagements, conversations)
    async with AsgiStream(app, PATH, None, method="GET", x_demo_user="ada") as stream:
        assert stream.headers["content-disposition"].startswith("attachment; filename=")
        assert stream.headers["cache-control"] == "no-store"
        sent = await pieces(stream)
    found = json.loads(b"".join(sent))
    order = sorted(range(engagements), key=lambda number: (-(number // 2), number))
    assert [one["id"] for one in found["engagements"]] == [f"{number}" for number in order]
    assert [one["turns"][0]["text"] for one in found["conversations"]] == [
        f"Why {number}?" for number in range(conversations)
    ]
    assert len(sent) > (engagements + conversations) // 2


async def test_a_store_that_goes_away_is_a_problem_at_first_and_breaks_the_answer_off_later(
    service: Service, app: ASGIApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(service, 5, 1)
    read, pages = service.store.newest_engagements, 1

    async def fail(*args: Any) -> list[Engagement]:
        nonlocal pages
        pages -= 1
        if pages < 0:
            raise Unavailable("the disk is gone")
        return await read(*args)

    monkeypatch.setattr(service.store, "newest_engagements", fail)
    stream = AsgiStream(app, PATH, None, method="GET", x_demo_user="ada")
    await stream.__aenter__()
    assert stream.status == 200
    with pytest.raises(Unavailable):
        await stream.task
    async with AsgiStream(app, PATH, None, method="GET", x_demo_user="ada") as refused:
        assert refused.status == 503
        assert (await refused.json())["type"].endswith("store-unavailable")


async def test_an_export_without_a_catalog_says_why_there_is_none(tmp_path: Path) -> None:
    settings = Settings(SHELF=str(tmp_path), STORE=str(tmp_path / "users.db"), AUTH="demo")
    app = api(wire(settings))
    async with AsgiStream(app, PATH, None, method="GET", x_demo_user="ada") as stream:
        found = json.loads(b"".join(await pieces(stream)))
    assert (found["user_id"], found["degraded"]) == ("ada", ["catalog_missing"])


async def test_exports_of_one_user_are_limited(service: Service, app: ASGIApp) -> None:
    service.limits = RateLimits(Settings(LIMIT_EXPORTS="1/hour"))
    for uid, status in (("ada", 200), ("ada", 429), ("bert", 200)):
        async with AsgiStream(app, PATH, None, method="GET", x_demo_user=uid) as stream:
            assert stream.status == status
