"""The page by keyboard, on a narrow phone, in the light and in the dark."""

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from playwright.sync_api import Page, expect

from feed.episode import Episode
from tests.support.catalogs import NOW, catalog_of, fields, publish_to
from tests.support.page import PAGE, cards, new_session, overflow, press, tab_to, titles, visit
from tests.support.server import ROOT, Server

ARTIFACTS = ROOT / "test-artifacts"


def test_the_keyboard_is_enough(page: Page, site: Server) -> None:
    first, second = visit(page, site)[:2]
    keys = page.keyboard
    tab_to(page, "Skip to the feed")
    keys.press("Enter")
    tab_to(page, f"Bookmark: {first}")
    keys.press("Space")
    expect(page.locator("#hint")).to_contain_text("Bookmarked.")
    tab_to(page, f"Not interested: {second}")
    keys.press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    tab_to(page, "Show more")
    keys.press("Enter")
    expect(page.locator(".title").nth(PAGE)).to_be_focused()
    tab_to(page, "New session")
    keys.press("Enter")
    expect(page.locator(".reason", has_text="Because you bookmarked").first).to_be_visible()
    assert not {first, second} & set(titles(page))
    expect(page.locator("#feed")).to_be_focused()


def test_nothing_is_wider_than_a_narrow_phone(
    page: Page, start_site: Callable[[], Server], tmp_path: Path
) -> None:
    long = {
        "title": "Donaudampfschifffahrtsgesellschaft" * 6,
        "series": {"id": "long", "name": "SeriesNameWithoutAnySpace" * 7},
        "key_insight": "https://example.org/" + "a-very-long-address/" * 20,
        "categories": {"major": ["AnInterestThatFillsMoreThanOneLineOfAPhone"]},
        "scores": {"credibility": 5, "insight": 5},
        "published_at": NOW.isoformat(),
    }
    episode = msgspec.convert({**fields(0, random.Random(0)), **long}, Episode)
    publish_to(tmp_path / "shelf", catalog_of([episode]))
    site = start_site()
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(site.url)
    expect(cards(page)).to_have_count(1)
    page.locator(".reason").click()
    page.locator(".bookmark").click()
    page.get_by_text("Your bookmarks (1)").click()
    expect(page.locator("#hint")).to_be_visible()
    assert overflow(page) == []
    page.locator(".dismiss").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert overflow(page) == []


@pytest.mark.parametrize("width", [320, 1200], ids=["narrow", "wide"])
def test_it_fits_a_window_light_and_dark(page: Page, site: Server, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    first = visit(page, site)[0]
    press(page, f"Bookmark: {first}")
    new_session(page)
    expect(page.locator(".reason", has_text="Because you bookmarked").first).to_be_visible()
    expect(page.get_by_role("button", name="Science", exact=True)).to_be_visible()
    assert overflow(page) == []
    ARTIFACTS.mkdir(exist_ok=True)
    brightness = []
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=ARTIFACTS / f"page-{width}-{scheme}.png")
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        brightness.append(sum(map(int, re.findall(r"\d+", colour)[:3])))
    light, dark = brightness
    assert light > 600
    assert dark < 100
