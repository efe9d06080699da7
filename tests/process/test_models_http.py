"""A real function whose generative model is emulated, region by region."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from emulators.vertex.server import MODEL, VertexEmulator
from tests.support.server import Server, until

REGIONS = ("us-central1", "europe-west1")
QUESTION = {"question": "What is said about chess?"}


@pytest.fixture
def vertex() -> Iterator[VertexEmulator]:
    emulator = VertexEmulator(first_token_s=0.02, token_s=0.01).start()
    yield emulator
    emulator.stop()


def test_a_region_that_is_killed_in_the_middle_is_replaced_and_found_again(
    start_server: Callable[..., Server], small_shelf: str, vertex: VertexEmulator
) -> None:
    server = start_server(
        SHELF=small_shelf,
        MODELS="gemini",
        MODEL=MODEL,
        MODEL_URL=vertex.url,
        FIREBASE_PROJECT=vertex.project,
        GENAI_REGIONS=",".join(REGIONS),
        LIMIT_ASKS="off",
    )

    def ask(_: int = 0) -> dict[str, Any]:
        headers = {"Accept": "application/json"}
        response = server.client.post("/api/ask", json=QUESTION, headers=headers, timeout=60)
        assert response.status_code == 200, response.text
        return response.json()

    def breakers() -> dict[str, str]:
        found = server.call("GET", "/api/health/regions").json()
        assert found["model"] == MODEL
        return {one["name"]: one["breaker"] for one in found["regions"]}

    assert ask()["model"] == MODEL
    with server.client.stream("POST", "/api/ask", content=json.dumps(QUESTION)) as answer:
        lines = answer.iter_lines()
        assert "event: token" in lines
        (killed,) = [region for region in REGIONS if vertex.active[region]]
        vertex.kill(killed)
        done = json.loads([line for line in lines if line][-1].removeprefix("data: "))
    assert (done["complete"], done["degraded"]) == (False, ["answer_incomplete"])
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(16)))
    assert {(one["model"], one["complete"], *one["degraded"]) for one in answers} == {(MODEL, True)}
    assert [region for region, breaker in breakers().items() if breaker != "closed"] == [killed]
    vertex.faults.clear()
    until(lambda: ask()["complete"] and breakers()[killed] == "closed")
    metrics = server.call("GET", "/api/metrics").text
    for result in ("ok", "interrupted", "unavailable"):
        assert f'service="gemini:{killed}"' in metrics
        assert f'result="{result}",service="gemini:{killed}"' in metrics
