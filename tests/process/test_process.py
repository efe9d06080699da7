"""The process: how it starts, what it loads, how it ends."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.server import ROOT, Server, problem, until

Start = Callable[..., Server]


def printed(program: str, shelf: str, folder: Path, **settings: str) -> str:
    """The last line that a program prints which has what the session function needs."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"SHELF": shelf, "STORE": str(folder / "users.db"), **settings},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return done.stdout.splitlines()[-1].decode()


def imported(function: str, shelf: str, folder: Path, **settings: str) -> set[str]:
    """The modules of a process that has just imported a function."""
    program = f"import json, sys, main; main.{function}; print(json.dumps([*sys.modules]))"
    return set(json.loads(printed(program, shelf, folder, **settings)))


def loaded(shelf: str, folder: Path, **settings: str) -> set[str]:
    """The modules of a process that has just imported the session function."""
    found = imported("create_session", shelf, folder, **settings)
    assert {"functions.create_session", "feed.ranking.pipeline", "adapters.folder.shelf"} <= found
    return found


UNWANTED = {
    *("sklearn", "scipy", "lxml", "nh3", "dateparser", "tqdm", "prometheus_client", "langcodes"),
    *("adapters.rss.source", "adapters.text_embedder", "adapters.npz", "adapters.pinecone.vectors"),
    *("catalog_builder", "tests", "feed.search", "google.genai", "google.auth"),
    *("PIL", "functions.photos", "functions.ask.answer", "functions.ask.state"),
}


RANKED_IN_A_WORKER = """
import os
from feed.ranking import pipeline

ranked, rank = [], pipeline.Ranker.rank
pipeline.Ranker.rank = lambda *query: ranked.append(os.getpid()) or rank(*query)

import functions.create_session

worker = os.fork()
if not worker:
    print(ranked.count(os.getpid()), flush=True)
    os._exit(0)
os.waitpid(worker, 0)
"""


def test_a_worker_ranks_once_before_its_first_request(small_shelf: str, tmp_path: Path) -> None:
    assert printed(RANKED_IN_A_WORKER, small_shelf, tmp_path) == "1"


def test_the_trigger_loads_neither_ranking_nor_routes(small_shelf: str, tmp_path: Path) -> None:
    where = {"FIREBASE_PROJECT": "demo-x", "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"}
    found = imported("update_summary", small_shelf, tmp_path, STORE="firestore", **where)
    assert "functions.triggers.summary_updates" in found
    assert not {"feed.catalog", "feed.ranking", "functions.api.routes"} & found


def test_the_session_function_loads_no_builder_and_no_vendor(
    small_shelf: str, tmp_path: Path
) -> None:
    unwanted = UNWANTED | {"pinecone", "adapters.pinecone.search", "httpx", "adapters.model_pool"}
    assert not unwanted & loaded(small_shelf, tmp_path)
    assert not (tmp_path / "users.db").exists()  # a connection would not survive the fork


def test_what_settings_name_is_loaded_but_no_builder_and_no_sdk_of_models(
    small_shelf: str, tmp_path: Path
) -> None:
    where = {"PINECONE_HOST": "index.example.com", "PINECONE_API_KEY": "key"}
    model = {"MODELS": "gemini", "MODEL": "m", "FIREBASE_PROJECT": "demo-x"}
    found = loaded(small_shelf, tmp_path, RETRIEVAL="pinecone", **where, **model)
    assert {"pinecone", "adapters.pinecone.search", "circuitbreaker"} <= found
    assert "adapters.model_pool.pool" in found
    assert not (UNWANTED | {"adapters.pinecone.calls", "google.api_core"}) & found


def test_without_users_every_session_is_anonymous_and_no_claim_is_accepted(
    start_server: Start, small_shelf: str
) -> None:
    server = start_server(AUTH="none", SHELF=small_shelf)
    assert server.create()["episodes"]
    create = "/api/sessions/create"
    problem(server.call("POST", create, {}, user="anna"), 401, "x-demo-user")
    problem(server.call("POST", create, {"user_id": "anna"}), 401, "user_id")
    token = server.client.post(create, headers={"Authorization": "Bearer e30.e30."})
    problem(token, 401, "authorization")
    problem(server.call("GET", "/api/me"), 401, "Authorization")


def test_without_cursor_keys_cursors_end_with_the_process(
    start_server: Start, small_shelf: str
) -> None:
    server = start_server(CURSOR_KEYS="", SHELF=small_shelf)
    session = server.create()
    assert server.next_page(session)["episodes"]
    assert server.logged(lambda line: "CURSOR_KEYS" in line["message"])
    server.kill()
    server.start()
    path = f"/api/sessions/{session['session_id']}/next"
    problem(server.call("POST", path, {"cursor": session["next_cursor"]}), 400, "cursor")


def test_a_request_in_flight_is_answered_before_the_process_ends(
    start_server: Start, small_shelf: str, tmp_path: Path
) -> None:
    server = start_server(SHELF=small_shelf)
    server.engage("anna", episode_id="episode-1", type="like")
    with (
        sqlite3.connect(tmp_path / "users.db", isolation_level=None) as db,
        ThreadPoolExecutor(1) as pool,
    ):
        db.execute("BEGIN IMMEDIATE")
        engaging = pool.submit(server.engage, "anna", episode_id="episode-2", type="like")
        time.sleep(0.5)
        server.signal(signal.SIGTERM)
        time.sleep(0.3)
        assert not engaging.done()
        db.execute("ROLLBACK")
        assert engaging.result(10)["episode_id"] == "episode-2"
    until(lambda: not server.alive)
