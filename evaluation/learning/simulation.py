"""Simulates listeners with known preferences, who use the application in this process.

What they are shown is ranked by the application, and what they saw and did is what it logs.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np

from catalog_builder.progress import track
from catalog_builder.publish.publisher import publish
from catalog_builder.wiring import write_file
from evaluation.data.training import TrainingData
from evaluation.learning.listeners import Listeners
from feed.model.engagement import Engagement
from feed.model.timestamps import from_us, rfc3339
from feed.scenarios.scenario import Scenario
from feed.scenarios.writer import to_toml
from feed.session.decision_log import DecisionLine
from functions.api.application import api
from functions.settings import Settings
from functions.wiring.service import wire
from functions.wiring.stores import wire_shelf

CURSOR_KEY = "the key of a simulation"
MAX_SENT = 50
"""Number of earlier engagements that a request carries, the newest."""
SEEDS = 2**53
"""Number of seeds that a session may have, so that the same simulation makes the same log."""


@dataclass(frozen=True)
class Simulation:
    """Sessions of listeners, all in one folder: shelf, store of users and scenarios."""

    folder: Path
    training: TrainingData
    """the catalog, and users whose earlier engagements listeners have"""
    scenario: Scenario
    listeners: Listeners
    sessions: int
    sessions_per_user: int = 5
    page: int = 10
    """number of episodes that a listener loads at once"""

    def run(self, seed: int) -> list[bytes]:
        """The lines that the application logs, in JSON."""
        return asyncio.run(self._run(seed))

    async def _run(self, seed: int) -> list[bytes]:
        rng = np.random.default_rng(seed)
        known = list(self.training.users.values())
        lines: list[bytes] = []
        async with self._application() as client:
            sessions = range(self.sessions)
            for number in track(iter(sessions), "sessions", len(sessions)):
                user = f"listener-{number // self.sessions_per_user}"
                past = known[number // self.sessions_per_user % len(known)].summary.engagements
                await client.session(user, past[:MAX_SENT], self, rng)
                lines += client.lines()
        return lines

    @asynccontextmanager
    async def _application(self) -> AsyncIterator["_Client"]:
        settings = Settings(
            SHELF=str(self.folder / "shelf"),
            STORE=str(self.folder / "users.db"),
            SCENARIOS=str(self.folder / "scenarios"),
            SCENARIO=self.scenario.name,
            AUTH="demo",
            CURSOR_KEYS=CURSOR_KEY,
            LOG_PARTS=1.0,
            NOW=from_us(self.training.now_us),
            LIMIT_ADDRESS="off",
            LIMIT_SESSIONS="off",
            LIMIT_WRITES="off",
        )
        write_file(
            self.folder / "scenarios" / f"{self.scenario.name}.toml",
            to_toml(self.scenario).encode(),
        )
        log = io.StringIO()
        with redirect_stdout(log):
            publish(wire_shelf(settings), self.training.catalog, force=True)
            transport = httpx.ASGITransport(api(wire(settings)))
            async with httpx.AsyncClient(transport=transport, base_url="http://simulation") as http:
                yield _Client(http, log)


@dataclass
class _Client:
    """The app of the listeners."""

    http: httpx.AsyncClient
    log: io.StringIO

    def lines(self) -> Iterator[bytes]:
        """The lines that were logged since the last call."""
        text = self.log.getvalue()
        self.log.seek(0)
        self.log.truncate()
        return (line.encode() for line in text.splitlines())

    async def session(
        self,
        user: str,
        past: Sequence[Engagement],
        simulation: Simulation,
        rng: np.random.Generator,
    ) -> None:
        """One session: a listener scrolls, does something with some episodes, and leaves."""
        body: dict[str, Any] = {"limit": simulation.page, "seed": int(rng.integers(SEEDS))}
        body["engagements"] = [_sent(one) for one in past]
        page = await self._post("/api/sessions/create", body, user)
        session = f"/api/sessions/{page['session_id']}"
        logged = msgspec.json.decode(self.log.getvalue().splitlines()[-1], type=DecisionLine)
        queue = logged.queue
        if queue is None:
            raise TypeError("expected every new session to log its queue, since LOG_PARTS is 1")
        parts = {name: np.array(part) for name, part in queue.parts.items()}
        seen = min(simulation.listeners.depth(rng), len(queue.episode_ids))
        for index, kind in simulation.listeners.engagements(parts, seen, rng).items():
            one: dict[str, Any] = {"episode_id": queue.episode_ids[index], "type": kind}
            if kind == "listen":
                one["progress"] = round(float(rng.random()), 2)
            await self._post(f"{session}/engage", one, user)
        impressions = [{"episode_id": one} for one in queue.episode_ids[:seen]]
        while page["shown_count"] < seen:
            body = {"limit": simulation.page, "cursor": page["next_cursor"]}
            page = await self._post(f"{session}/next", body, user)
        body = {"session_id": page["session_id"], "seen": impressions}
        await self._post("/api/me/impressions", body, user)

    async def _post(self, path: str, body: dict[str, Any], user: str) -> dict[str, Any]:
        headers = {"X-Demo-User": user}
        response = await self.http.post(path, json=body, headers=headers)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer


def _sent(past: Engagement) -> dict[str, Any]:
    """An engagement as a client sends it."""
    return {
        "id": past.id,
        "episode_id": past.episode_id,
        "type": past.type,
        "timestamp": rfc3339(past.timestamp_us),
        "progress": past.progress,
    }
