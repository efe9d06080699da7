"""The page by keyboard and screen reader, on a narrow phone, in light and dark."""

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from feed.model.episode import Episode
from tests.support.catalogs import NOW, catalog_of, fields, publish_to
from tests.support.page import (
    PAGE,
    cards,
    go,
    menu,
    overflow,
    press,
    refresh,
    tab_to,
    titles,
    visit,
    with_episodes,
)
from tests.support.server import ROOT, Server

ARTIFACTS = ROOT / "test-artifacts"


COLOURS = ["color-contrast", "link-in-text-block"]
DARK = "matchMedia('(prefers-color-scheme: dark)').matches"


def audit(page: Page) -> list[str]:
    """What axe finds wrong, by WCAG A and AA and by its own best practices.

    Of a dark page the colours alone: its elements are those of the light one.
    """
    rules = {"runOnly": COLOURS} if page.evaluate(DARK) else {}
    found = Axe().run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
    return [f"{one['id']}: {[node['html'] for node in one['nodes']][:3]}" for one in found]


def test_the_keyboard_is_enough(page: Page, site: Server) -> None:
    first, second = visit(page, site)[:2]
    keys = page.keyboard
    tab_to(page, "Skip to the content")
    keys.press("Enter")
    tab_to(page, f"Play: {first}")
    keys.press("ArrowRight")
    keys.press("Space")
    expect(page.get_by_role("button", name=f"Save: {first}")).to_have_attribute(
        "aria-pressed", "true"
    )
    keys.press("End")
    keys.press("Enter")
    expect(page.locator("#menu button").first).to_be_focused()
    keys.press("Escape")
    expect(page.get_by_role("button", name=f"More: {first}")).to_be_focused()
    tab_to(page, f"Play: {second}")
    keys.press("End")
    keys.press("ArrowLeft")
    keys.press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    more = page.locator("#more")
    more.evaluate("one => one.focus({ preventScroll: true })")
    keys.press("Enter")
    expect(page.locator("#feed h2.title").nth(PAGE)).to_be_focused()
    for _ in range(3):
        tab_to(page, "Refresh", "Shift+Tab")
        if page.evaluate("document.activeElement.id") == "refresh":
            break
    keys.press("Enter")
    expect(page.locator("#feed-title")).to_be_focused()
    expect(page.locator(".reason", has_text="Because you bookmarked").first).to_be_visible()
    assert not {first, second} & set(titles(page))


def test_new_cards_are_announced_and_skipping_to_the_content_stays_in_the_view(
    page: Page, site: Server
) -> None:
    visit(page, site)
    expect(page.locator("[aria-live=polite]")).to_have_text("10 episodes added, 10 shown.")
    navigation = page.get_by_role("navigation").all()
    assert {one.get_attribute("aria-label") for one in navigation} == {"Main"}
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_text("For You")
    go(page, "saved")
    page.get_by_role("link", name="Skip to the content").press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    expect(page.locator("#view-saved")).to_be_visible()
    page.go_back()
    page.go_back()
    expect(page.locator("#view-feed")).to_be_visible()


def test_a_list_that_is_rendered_again_keeps_the_focus(page: Page, site: Server) -> None:
    first, second = visit(page, site)[:2]
    press(page, f"Save: {first}")
    press(page, f"Like: {second}")
    play = go(page, "history").get_by_role("button", name=f"Play: {first}")
    play.focus()
    page.evaluate("import('/js/library/library.js').then(({ library }) => library.load())")
    page.wait_for_load_state("networkidle")
    expect(play).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_view(
    page: Page, site: Server, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    with_episodes(page, audio_url=f"{site.url}/none.wav")
    first, second, third, fourth = visit(page, site, known=False)[:4]
    press(page, f"Save: {first}")
    press(page, f"Not interested: {second}")
    page.locator("#feed .reason:visible").first.click()
    menu(page, third, "More like this")
    expect(page.locator("#episode .row-item")).to_have_count(6)
    assert audit(page) == []
    page.go_back()
    press(page, f"Play: {fourth}")
    expect(page.locator("#player")).to_contain_text("The audio is missing")
    assert audit(page) == []
    menu(page, third, "Add to queue")
    page.locator("#player .now").click()
    expect(page.locator("#view-playing")).to_be_visible()
    assert audit(page) == []
    page.go_back()
    press(page, f"More: {fourth}", exact=True)
    assert audit(page) == []
    page.keyboard.press("Escape")
    for view in ("search", "saved", "history", "you"):
        go(page, view)
        assert audit(page) == [], view
        if view == "search":
            page.get_by_role("combobox", name="Search").fill(first)
            expect(page.locator("#search .row-item").first).to_be_visible()
            assert audit(page) == []
            press(page.locator("#search"), "Ask", exact=True)
            expect(page.locator("#ask .row-item").first).to_be_visible()
            assert audit(page) == []
    for name in (
        "series/" + quote(site.create()["episodes"][0]["series"]["id"]),
        "topic/Food",
        "trending",
    ):
        page.goto(f"{site.url}/#/{name}")
        expect(page.locator(f"#{name.split('/')[0]} .row-item").first).to_be_visible()
        assert audit(page) == [], name
    go(page, "you")
    press(page, "Delete my data")
    assert audit(page) == []
    press(page.get_by_role("dialog"), "Delete")
    expect(page.locator(".receipt")).to_be_focused()
    assert audit(page) == []
    assert [audit(page) for view in ("saved", "history") if go(page, view)] == [[], []]


def test_nothing_is_wider_than_a_narrow_phone(
    page: Page, start_site: Callable[[], Server], tmp_path: Path
) -> None:
    long: dict[str, Any] = {
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
    with_episodes(page, audio_url=f"{site.url}/none.wav")
    page.goto(site.url)
    expect(cards(page)).to_have_count(1)
    page.locator("#feed .reason").click()
    press(page, "Save: Donau")
    press(page, "Play: Donau")
    expect(page.locator("#player")).to_contain_text("The audio is missing")
    assert overflow(page) == []
    page.locator("#player .now").click()
    expect(page.locator("#view-playing")).to_be_visible()
    assert overflow(page) == []
    page.go_back()
    press(page, "More: Donau")
    assert overflow(page) == []
    page.locator("#menu").get_by_role("button", name="Mute").click()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    assert overflow(page) == []
    undo.click()  # a muted series is not found
    page.goto(f"{site.url}/#/episode/{episode.id}")
    expect(page.locator("#episode-rest > *").first).to_be_attached()
    assert overflow(page) == []
    press(page, "More: Donau")
    assert overflow(page) == []
    page.keyboard.press("Escape")
    for view in ("search", "saved", "history", "you"):
        go(page, view)
        if view == "search":
            page.get_by_role("combobox", name="Search").fill("donau")
            expect(page.locator("#search .row-item")).to_be_visible()
        assert overflow(page) == [], view
    category = long["categories"]["major"][0]
    for view, name in {"series": "long", "topic": category, "trending": ""}.items():
        page.goto(f"{site.url}/#/{view}/{name}")
        expect(page.locator(f"#{view} .row-item")).to_be_visible()
        assert overflow(page) == [], view
    page.get_by_role("button", name="Back", exact=True).click()  # no tab leads to these pages
    expect(page.locator("#view-topic")).to_be_visible()


@pytest.mark.parametrize("width", [320, 1200], ids=["narrow", "wide"])
def test_it_fits_a_window_light_and_dark(page: Page, site: Server, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    first = visit(page, site)[0]
    press(page, f"Save: {first}")
    refresh(page)
    expect(page.locator(".reason", has_text="Because you bookmarked").first).to_be_visible()
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
