"""Health says when the schedule last looked; a look makes an old catalog as good as a new one."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from adapters.folder.shelf import FolderShelf
from catalog_builder.publish.publisher import note_looks
from feed.model.timestamps import to_us
from feed.ports.shelf import LookTimes
from functions.api.application import api
from functions.settings import read_settings
from functions.wiring.service import wire
from tests.support.catalogs import NOW, catalog_of, episodes, publish_to

LATER = NOW + timedelta(hours=3)


async def test_a_catalog_is_stale_when_no_look_has_succeeded_lately(tmp_path: Path) -> None:
    async def health() -> dict[str, Any]:
        service.holder.load()
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            answer: dict[str, Any] = (await client.get("/api/health")).json()
            return answer

    publish_to(tmp_path, catalog_of(episodes(60)))
    settings = {
        "SHELF": str(tmp_path),
        "STORE": str(tmp_path / "users.db"),
        "NOW": LATER.isoformat(),
        "CATALOG_MAX_AGE_S": "3600",
    }
    service = wire(read_settings(settings))
    transport = httpx.ASGITransport(api(service))
    before = await health()
    assert (before["looks"], before["dependencies"]["catalog"]) == (None, "stale")
    shelf = FolderShelf(tmp_path)
    pointer = shelf.current(9)
    assert pointer is not None
    looked_us = to_us(LATER - timedelta(minutes=5))
    note_looks(shelf, pointer, LookTimes(looked_us, to_us(NOW), to_us(NOW)))
    after = await health()
    assert after["dependencies"]["catalog"] == "ok"
    assert after["looks"] == {
        "episodes": "2026-02-06T02:55:00Z",
        "signals": "2026-02-06T00:00:00Z",
        "full": "2026-02-06T00:00:00Z",
    }
