"""A photo becomes a seed, and what is not one photo is refused by name."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.process.test_replay_http import assert_replayed
from tests.support.photos import as_file, noise, picture
from tests.support.server import Server, problem

GREEN = as_file(picture("forestgreen"))
PHOTO = "/api/seeds/photo"
BOUNDED = {"Content-Type": "multipart/form-data; boundary=b"}


def send(server: Server, photo: bytes, name: str = "photo", **more: Any) -> httpx.Response:
    return server.client.post(PHOTO, files={name: ("x.txt", photo, "text/plain")}, **more)


def test_a_photo_is_read_and_its_token_makes_a_session_of_its_words(
    server: Server, folder: Path
) -> None:
    answer = send(server, GREEN)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["mood"] == ["calm", "gentle", "green"]
    assert (said["model"], said["degraded"]) == ("local", [])
    assert "forest" in said["themes"]
    page = assert_replayed(server, folder, {"seed": {"token": said["token"]}, "trace": True})
    by_words = server.create(seed={"text": said["text"]}, trace=True)
    assert page["trace"]["seed"] == by_words["trace"]["seed"]
    server.mark()
    assert said["token"] not in server.output
    assert page["degraded"] == ["seed_unmatched"] or page["episodes"][0]["reason"]["key"] == "seed"


def test_a_token_that_was_changed_is_refused(server: Server) -> None:
    token = send(server, GREEN).json()["token"]
    for changed in (token[:-2], f"A{token[1:]}", token[::-1]):
        body = {"seed": {"token": changed}}
        problem(server.call("POST", "/api/sessions/create", body), 400, "seed.token")


@pytest.mark.parametrize(
    ("content", "headers", "field"),
    [
        (b"", {}, "Content-Type"),
        (b"{}", {"Content-Type": "application/json"}, "Content-Type"),
        (b"", BOUNDED, "photo"),
        (b"--b\r\n", BOUNDED, "photo"),
        (b"--c\r\n\r\n--c--", BOUNDED, "photo"),
        (b"--b\r\n" + b"A: b\r\n" * 100, BOUNDED, "photo"),
        (b'--b\r\nContent-Disposition: form-data; name="photo"\r\n\r\nx', BOUNDED, "photo"),
        (b"--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b--", BOUNDED, "photo"),
    ],
)
def test_a_body_that_is_not_one_whole_upload_is_refused(
    server: Server, content: bytes, headers: dict[str, str], field: str
) -> None:
    problem(server.client.post(PHOTO, content=content, headers=headers), 400, field)


def test_another_part_or_another_photo_is_refused_by_name(server: Server) -> None:
    problem(send(server, GREEN, "picture"), 400, "picture")
    two = [("photo", GREEN), ("photo", GREEN)]
    problem(server.client.post(PHOTO, files=two), 400, "photo")
    problem(send(server, b"no picture"), 400, "photo")


def test_a_photo_may_have_8_mb_and_nothing_else_more_than_before(server: Server) -> None:
    large = as_file(noise((16, 16))) + b"\0" * (8 * 2**20)
    assert send(server, large[: 8 * 2**20]).status_code == 200
    problem(send(server, large), 413, "photo")
    problem(send(server, large * 2), 413, "body")
    problem(server.call("POST", "/api/sessions/create", b" " * 300_000), 413, "body")
