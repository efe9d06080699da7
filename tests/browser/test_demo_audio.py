"""The demo's episodes can be heard, without an account and without a network."""

import re

from playwright.sync_api import Page, expect

from tests.support.page import press, until, visit
from tests.support.server import Server


def test_a_demo_episode_plays_from_where_the_listener_goes(page: Page, site: Server) -> None:
    first = visit(page, site)[0]
    press(page, f"Play: {first}")
    time, player = page.locator("#time"), page.locator("#player")
    until(page, lambda: re.fullmatch(r"0:0[1-9] / [1-9]\d*:\d\d", time.inner_text()), 20)
    minutes = int(time.inner_text().split("/ ")[1].split(":")[0])
    player.get_by_label("Position").fill(str(30 * minutes))
    until(page, lambda: abs(int(time.inner_text().split(":")[0]) - minutes / 2) <= 1)
    expect(player.get_by_role("button", name="Pause")).to_be_visible()


def test_its_audio_is_answered_by_range(site: Server) -> None:
    episode = site.call("GET", "/api/new?limit=1").json()["episodes"][0]
    address = episode["audio_url"]
    part = site.client.get(address, headers={"Range": "bytes=44-143"})
    assert (part.status_code, len(part.content)) == (206, 100)
    size = int(part.headers["content-range"].split("/")[1])
    assert size == 44 + 2 * 16_000 * episode["duration_s"]
    last = site.client.get(address, headers={"Range": "bytes=-10"})
    assert last.headers["content-range"] == f"bytes {size - 10}-{size - 1}/{size}"
    beyond = site.client.get(address, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    with site.client.stream("GET", address, headers={"Range": f"bytes=-{'9' * 5000}"}) as whole:
        assert whole.status_code == 200
    assert site.client.get("/demo-audio/none.wav").status_code == 404
