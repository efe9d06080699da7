"""What `make run` has beside its episodes: listeners with a history, charts, transcripts."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog_builder.__main__ import main
from functions.demo.__main__ import local
from functions.demo.listeners import listeners_of
from functions.settings import SettingsError, read_settings
from tests.support.catalogs import NOW, catalog_of, episodes
from tests.support.server import DEFAULTS, ROOT, Server

PEOPLE = ("ada", "ben", "cleo")


def write_listeners(folder: Path) -> str:
    places = {"SHELF": str(folder / "shelf"), "STORE": str(folder / "users.db")}
    return subprocess.run(
        [sys.executable, "-m", "functions.demo"],
        cwd=ROOT,
        check=True,
        env={"PATH": os.environ["PATH"], **DEFAULTS, **places},
        capture_output=True,
        text=True,
    ).stdout


def test_the_demo_has_listeners_with_feeds_of_their_own_and_charts_that_say_something(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    place = ["--shelf", str(tmp_path / "shelf"), "--users", str(tmp_path / "users.db")]
    assert main(["publish", *place, "--now", NOW.isoformat()]) == 0
    assert "ada, ben, cleo" in write_listeners(tmp_path)
    server = start_server(SUMMARY_TIMEOUT_S="5")
    server.call("DELETE", "/api/me/engagements", user="ada")
    assert write_listeners(tmp_path) == "", "what a listener deleted came back"

    feeds = {name: {one["id"] for one in server.create(name)["episodes"]} for name in PEOPLE}
    assert not feeds["ben"] & feeds["cleo"]
    home = server.call("POST", "/api/home", {}, "cleo").json()
    shelves = {one["id"].partition("-")[0] for one in home["shelves"]}
    assert shelves >= {"continue", "followed", "because", "picked", "trending", "different"}
    for chart in ("/api/trending", "/api/popular"):
        assert len(server.call("GET", chart).json()["episodes"]) == 10, chart
    rising = server.call("GET", "/api/insights/trending").json()["insights"]
    assert {one["name"] for one in rising} >= {"Femi Lindqvarn", "Ingrid Duskwell"}
    told = server.call("GET", "/api/episodes/the-long-orbit-005/transcript").json()
    assert told["chapters"][0]["title"] == "Ilse Haldercott says hello"
    assert len(told["parts"]) > 2


@pytest.mark.parametrize(
    "settings", [{"AUTH": "none"}, {"STORE": "firestore"}, {"K_SERVICE": "create-session"}]
)
def test_no_deployment_gets_the_listeners_of_the_demo(settings: dict[str, str]) -> None:
    assert local(read_settings(DEFAULTS)).AUTH == "demo"
    with pytest.raises(SettingsError, match="listeners"):
        local(read_settings({"AUTH": "demo", **settings}))


def test_another_catalog_has_no_listeners_of_the_demo() -> None:
    assert listeners_of(catalog_of(episodes(3))) == []
