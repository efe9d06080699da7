"""What the demo has above its pages: a tour, who listens, what ranks, a drawer of requests."""

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import audit
from tests.support.page import overflow, titles
from tests.support.server import ROOT, Server


@pytest.fixture
def demo(site: Server) -> Server:
    """The page with the demo's listeners."""
    command, path = [sys.executable, "-m", "functions.demo"], {"PATH": os.environ["PATH"]}
    subprocess.run(command, cwd=ROOT, env={**path, **site.settings}, check=True)
    return site


def shift(page: Page) -> float:
    """How much of the page has moved by itself since it was opened (cumulative layout shift)."""
    return page.evaluate("""() => {
        const observer = new PerformanceObserver(() => {});
        observer.observe({ type: "layout-shift", buffered: true });
        return observer.takeRecords().reduce((sum, one) => sum + one.value, 0);
    }""")


def test_the_page_has_a_place_for_the_line_where_there_are_listeners(site: Server) -> None:
    assert '<aside class="demo">' not in site.client.get("/").text
    engaged = site.create()["episodes"][0]["id"]
    site.engage("ada", episode_id=engaged, type="like")
    assert '<aside class="demo"></aside>' in site.client.get("/").text


def test_a_tour_of_three_likes_shows_what_they_change(page: Page, demo: Server) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(demo.url)
    expect(page.get_by_role("button", name="Two-minute tour")).to_be_visible()
    titles(page)
    assert overflow(page) == []
    assert shift(page) < 0.02
    page.set_viewport_size({"width": 320, "height": 640})
    page.get_by_role("button", name="Demo", exact=True).click()
    expect(page.get_by_text("A guest: only")).to_be_visible()
    assert overflow(page) == []
    page.get_by_role("button", name="Two-minute tour").click()
    hearts = page.get_by_role("button", name="Like: ").and_(page.locator(".tour *"))
    expect(page.get_by_role("button", name="Like 3 more")).to_be_disabled()
    for place in (1, 2, 4):
        hearts.nth(place).click()
    page.get_by_role("button", name="See what changes").click()
    before, after = (page.locator(".sides ol").nth(place) for place in (0, 1))
    expect(before.get_by_text("liked", exact=True)).to_have_count(3)
    new_titles = after.locator("li", has_text="new").locator(".title")
    expect(new_titles.first).to_be_visible()
    new = new_titles.all_text_contents()
    assert not set(new) & set(before.locator(".title").all_text_contents())
    assert overflow(page) == []
    assert audit(page) == []
    page.get_by_role("button", name="See why").click()
    expect(page.get_by_role("heading", name=new[0])).to_be_visible()
    page.get_by_role("button", name="Go on as this listener").click()
    expect(page.locator("#intro")).to_have_text("Chosen from the last 3 episodes you picked.")


def test_the_drawer_has_what_was_sent_and_copies_it_for_a_shell(
    page: Page, demo: Server, tmp_path: Path
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(demo.url)
    titles(page)
    assert shift(page) < 0.02
    page.get_by_role("button", name="cleo").click()
    expect(page.get_by_text("Crime after midnight")).to_be_visible()
    expect(page.locator("#intro")).to_have_text(re.compile("the last [0-9]+ episodes"))
    own = titles(page)
    page.get_by_role("button", name="Baseline").click()
    expect(page.locator("#feed h2").first).not_to_have_text(own[0])
    page.get_by_role("button", name="Requests").click()
    page.locator(".drawer summary", has_text="/sessions/create").first.click()
    expect(page.locator(".drawer pre").first).to_contain_text('"scenario": "baseline"')
    expect(page.locator(".drawer details[open]")).to_contain_text(re.compile(r"rank [\d.]+ ms"))
    assert audit(page) == []
    page.get_by_role("button", name="Copy as curl").first.click()
    expect(page.locator("#toast")).to_contain_text("Copied.")
    command = page.evaluate("navigator.clipboard.readText()")
    answer = subprocess.check_output(["bash", "-c", command], cwd=tmp_path)
    assert msgspec.json.decode(answer)["scenario"] == "baseline"
    page.keyboard.press("Escape")
    expect(page.locator(".drawer")).to_have_count(0)
    expect(page.get_by_role("button", name="Requests")).to_be_focused()

    command = page.evaluate("""async () => (await import("./js/developer/drawer.js")).curl({
        method: "POST", url: "https://x.example/api/ask", body: '{"question":"it\\'s"}',
        headers: { Authorization: "Bearer secret", "X-Firebase-AppCheck": "secret" },
    })""")
    assert "secret" not in command
    assert '-H "Authorization: Bearer $TOKEN"' in command
    assert command.endswith("""-d '{"question":"it'\\''s"}'""")


def test_the_lab_takes_the_history_of_a_listener_of_the_demo(page: Page, demo: Server) -> None:
    page.goto(f"{demo.url}/lab.html")
    page.get_by_label("Take the history of").select_option("ada")
    expect(page.locator("#size")).to_have_text("30 engagements")
