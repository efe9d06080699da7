"""Firestore hangs, dies or cannot be reached: the circuit opens, and closes soon after."""

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from adapters.firestore.users import FirestoreStore
from emulators.firestore import FirestoreEmulator, new_project
from feed.ports.errors import Unavailable
from functions.serving.circuit_breaker import FAILURE_THRESHOLD
from tests.support.blackhole import Blackhole
from tests.support.emulators import running_firestore
from tests.support.server import Server, problem, until

Start = Callable[..., Server]
CIRCUIT_OPEN = "summary_unavailable"
USER = "lovelace"


@pytest.fixture(scope="module")
def emulator() -> Iterator[FirestoreEmulator]:
    """An emulator that tests may stop and kill."""
    with running_firestore() as emulator:
        yield emulator


@pytest.fixture(scope="module")
def network(emulator: FirestoreEmulator) -> Iterator[Blackhole]:
    network = Blackhole(emulator.port)
    yield network
    network.stop()


@pytest.fixture(scope="module")
def server(start_module_server: Start, network: Blackhole, small_shelf: str) -> Server:
    settings = {"FIREBASE_PROJECT": new_project(), "FIRESTORE_EMULATOR_HOST": network.host}
    server = start_module_server(STORE="firestore", SHELF=small_shelf, **settings)
    until(lambda: without(server) == "summary_missing")
    return server


def is_silent(emulator: FirestoreEmulator) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{emulator.port}/", timeout=0.5)
    except httpx.TimeoutException:
        return True
    return False


def hang(emulator: FirestoreEmulator, _: Blackhole) -> Callable[[], object]:
    emulator.signal(signal.SIGSTOP)
    until(lambda: is_silent(emulator))  # its threads stop one by one
    return lambda: emulator.signal(signal.SIGCONT)


def cut_off(_: FirestoreEmulator, network: Blackhole) -> Callable[[], object]:
    network.silent = True
    return lambda: setattr(network, "silent", False)


def die(emulator: FirestoreEmulator, _: Blackhole) -> Callable[[], object]:
    emulator.signal(signal.SIGKILL)
    return emulator.start


@pytest.mark.parametrize("begin", [hang, cut_off, die])
def test_calls_stop_while_the_store_is_away_and_continue_soon_after(
    server: Server, emulator: FirestoreEmulator, network: Blackhole, begin: Any
) -> None:
    kept = [write(server, f"{begin.__name__}-before-{n}") for n in range(3)]
    end = begin(emulator, network)
    try:
        assert {without(server) for _ in range(FAILURE_THRESHOLD)} <= {
            "summary_timeout",
            "summary_unavailable",
        }
        for n in range(3):  # no caller waits: no call is made
            assert without(server) == CIRCUIT_OPEN
            answer = server.call(
                "POST", "/api/me/engagements", engagement(f"{begin.__name__}-during-{n}"), USER
            )
            assert problem(answer, 503)["type"] == "urn:earshot:problem:store-unavailable"
            assert answer.headers["retry-after"] == "1"
        health = server.call("GET", "/api/health").json()
        assert health["dependencies"]["store"] == "unavailable"
    finally:
        end()
    until(lambda: without(server) == "summary_missing")
    kept = [] if begin is die else kept  # the emulator's data die with it
    kept += [write(server, f"{begin.__name__}-after-{n}") for n in range(3)]
    found = server.call("GET", "/api/me/engagements", user=USER).json()["engagements"]
    assert {one["id"] for one in found if one["id"].startswith(begin.__name__)} == set(kept)
    server.mark()
    assert USER not in server.output


def without(server: Server) -> str:
    """What a session of a user without a summary has to do without."""
    name: str = server.create(USER)["degraded"][0]
    return name


def engagement(name: str) -> dict[str, str]:
    return {"id": name, "episode_id": "episode-3", "type": "like"}


def write(server: Server, name: str) -> str:
    server.engage(USER, **engagement(name))
    return name


def test_a_lost_connection_is_opened_anew_without_long_pauses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempts = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{listener.getsockname()[1]}")

        def hang_up() -> None:
            while True:
                try:
                    listener.accept()[0].close()
                except OSError:
                    return
                attempts.append(time.monotonic())

        threading.Thread(target=hang_up, daemon=True).start()

        async def ask() -> None:
            store = FirestoreStore("demo-nowhere")
            ends = time.monotonic() + 3
            while time.monotonic() < ends:
                with pytest.raises(Unavailable):
                    await store.read_summary(USER)
                await asyncio.sleep(0.05)

        asyncio.run(ask())
        listener.shutdown(socket.SHUT_RDWR)
    assert len(attempts) >= 5  # by default there are 3, and the pauses double
