"""The page as a listener meets it: a real browser, a real process."""

import random
import re
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from feed.catalog import Catalog
from feed.episode import Episode
from tests.support.catalogs import NOW, catalog_of, fields, publish_to
from tests.support.server import ROOT, Server

ARTIFACTS = ROOT / "test-artifacts"
PAGE = 10
DEGRADED = (
    "summary_missing",
    "summary_timeout",
    "summary_unavailable",
    "summary_unreadable",
    "freshness_widened",
    "series_limit_relaxed",
    "clock_ahead",
    "catalog_unreachable",
    "catalog_broken",
    "catalog_too_large",
    "catalog_missing",
)


def cards(page: Page) -> Locator:
    return page.get_by_role("article")


def titles(page: Page, count: int = PAGE) -> list[str]:
    """The titles shown, once there are `count`."""
    expect(page.locator(".title")).to_have_count(count)
    return page.locator(".title").all_inner_texts()


def visit(page: Page, site: Server) -> list[str]:
    page.goto(site.url)
    return titles(page)


def press(page: Page, name: str, **options: Any) -> None:
    page.get_by_role("button", name=name, **options).click()


def new_session(page: Page) -> None:
    page.get_by_role("banner").get_by_role("button", name="New session").click()


def listen_as(page: Page, name: str) -> list[str]:
    with page.expect_response("**/api/sessions/create"):
        page.get_by_label("Listening as").select_option(name)
    return titles(page)


def session_refused(page: Page, kind: str, status: int) -> None:
    """Have the next session refused, as the API would."""
    problem = {"type": f"urn:earshot:problem:{kind}", "title": "No", "detail": "because"}
    page.route(
        "**/api/sessions/create",
        lambda route: route.fulfill(status=status, json=problem, headers={"Retry-After": "1"}),
        times=1,
    )


def overflow(page: Page) -> list[str]:
    """What reaches beyond the window: the page itself, or a part of it that does not scroll."""
    return page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll("body *")]
            .filter((one) => !one.closest(".chips, .unseen, .skip"))
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5
                || one.scrollWidth > innerWidth)
            .map((one) => `${one.tagName}.${one.className}`)"""
    )


def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Move the focus, key by key, to what has this accessible name."""
    for _ in range(80):
        page.keyboard.press(key)
        focus = page.evaluate(
            "(document.activeElement.ariaLabel || document.activeElement.innerText || '').trim()"
        )
        if focus.startswith(name):
            return
    raise AssertionError(f"{key} never came to {name!r}")


def test_a_first_visit_shows_cards_and_asks_nobody_else(page: Page, site: Server) -> None:
    problems: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    shown = visit(page, site)
    assert len(set(shown)) == PAGE
    expect(page.get_by_role("heading", name="For You")).to_be_visible()
    expect(page.locator("#intro")).to_contain_text("The best of everything")
    for part in ("series", "facts", "insight", "reason"):
        for text in page.locator(f".card .{part}").all_inner_texts():
            assert text, part
    assert problems == []
    assert [url for url in asked if not url.startswith((site.url, "data:"))] == []


def test_show_more_goes_on_without_an_episode_twice(page: Page, site: Server) -> None:
    visit(page, site)
    for count in (20, 30, 40):
        press(page, "Show more")
        shown = titles(page, count)
        expect(page.locator(".title").nth(count - PAGE)).to_be_focused()
    queue = site.create(limit=40)["episodes"]
    assert shown == [episode["title"] for episode in queue]
    assert len({episode["id"] for episode in queue}) == 40


def test_a_bookmark_survives_a_reload_and_bends_the_next_session(page: Page, site: Server) -> None:
    visit(page, site)
    before = listen_as(page, "ada")
    expect(page.locator("footer")).to_contain_text("new listener")
    bookmark = page.get_by_role("button", name=f"Bookmark: {before[1]}")
    bookmark.click()
    expect(bookmark).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#hint")).to_contain_text("Bookmarked.")

    page.locator("#hint").get_by_role("button", name="New session").click()
    expect(page.locator("#intro")).to_contain_text("the last episode you picked")
    bent = titles(page)
    assert len(set(bent) - set(before)) >= 3
    because = page.locator(".reason", has_text=f"Because you bookmarked “{before[1]}”")
    assert because.count() >= 2
    expect(page.locator("footer")).not_to_contain_text("new listener")

    page.reload()
    assert titles(page) == bent
    expect(page.get_by_label("Listening as")).to_have_value("ada")
    page.get_by_text("Your bookmarks (1)").click()
    expect(page.locator("#bookmarks-list")).to_contain_text(before[1])
    press(page, f"Remove: {before[1]}")
    expect(page.locator("#bookmarks")).to_be_hidden()
    new_session(page)
    expect(page.locator("#intro")).to_contain_text("The best of everything")
    assert titles(page) == before


def test_an_anonymous_listener_bends_the_feed_and_stays_unknown(page: Page, site: Server) -> None:
    before = visit(page, site)
    press(page, f"Bookmark: {before[0]}")
    new_session(page)
    expect(page.locator(".reason", has_text="Because you bookmarked").first).to_be_visible()
    expect(page.locator("footer")).not_to_contain_text("clock")  # this browser's runs months ahead
    assert before[0] not in titles(page)
    users = Path(site.settings["STORE"])
    with sqlite3.connect(users) as db:
        assert db.execute("SELECT count(*) FROM engagements").fetchone() == (0,)


def test_what_is_not_interesting_goes_and_stays_away(page: Page, site: Server) -> None:
    visit(page, site)
    gone, kept = listen_as(page, "ben")[:2]
    press(page, f"Not interested: {gone}")
    expect(page.get_by_text(f"Noted: less like “{gone}”.")).to_be_visible()
    expect(cards(page)).to_have_count(PAGE - 1)
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.reload()
    assert kept in titles(page)
    for count in (20, 30):
        press(page, "Show more")
        assert gone not in titles(page, count)
    assert gone not in {episode["title"] for episode in site.create("ben", limit=50)["episodes"]}


def test_not_interested_can_be_undone(page: Page, site: Server) -> None:
    visit(page, site)
    back = listen_as(page, "ben")[0]
    press(page, f"Not interested: {back}")
    press(page, "Undo")
    expect(cards(page)).to_have_count(PAGE)
    new_session(page)
    assert back in titles(page)
    assert site.call("GET", "/api/me/engagements", user="ben").json()["engagements"] == []


@pytest.mark.parametrize("user", ["cleo", ""], ids=["named", "anonymous"])
def test_an_interest_is_kept_and_chooses_the_feed(page: Page, site: Server, user: str) -> None:
    visit(page, site)
    listen_as(page, user or "ada")
    if not user:
        listen_as(page, "")
    chip = page.get_by_role("button", name="Science", exact=True)
    chip.click()
    expect(page.locator("#hint")).to_contain_text("Interests saved.")
    new_session(page)
    expect(page.locator("#intro")).to_have_text("Chosen from your interests.")
    expect(page.locator(".reason", has_text="You chose Science").first).to_be_visible()
    page.reload()
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#intro")).to_have_text("Chosen from your interests.")
    stored = site.call("GET", "/api/me", user="cleo").json()["category_interests"]
    assert stored == (["Science"] if user else [])
    chip.click()
    new_session(page)
    expect(page.locator("#intro")).to_contain_text("The best of everything")


def test_two_users_are_kept_apart(page: Page, site: Server) -> None:
    visit(page, site)
    plain = listen_as(page, "ada")
    press(page, f"Bookmark: {plain[0]}")
    press(page, "Science", exact=True)
    expect(page.locator("#hint")).to_contain_text("Interests saved.")
    for other in ("ben", ""):
        assert listen_as(page, other) == plain
        expect(page.locator("#bookmarks")).to_be_hidden()
        expect(page.locator("[aria-pressed=true]")).to_have_count(0)
    listen_as(page, "ada")
    expect(page.get_by_text("Your bookmarks (1)")).to_be_visible()
    expect(page.locator(".chips [aria-pressed=true]")).to_have_text("Science")
    stored = page.evaluate("JSON.stringify(localStorage)")
    assert plain[0] not in stored  # what is a user's own is not left in a shared browser


def test_a_server_that_is_gone_is_said_and_the_page_recovers(page: Page, site: Server) -> None:
    before = visit(page, site)
    site.kill()
    press(page, "Show more")
    notice = page.locator("#notice")
    expect(notice).to_contain_text("The feed cannot be reached")
    assert titles(page) == before
    site.start()
    press(page, "Try again")
    assert titles(page, 20)[:PAGE] == before
    expect(notice).to_be_hidden()

    site.kill()
    new_session(page)
    expect(notice).to_contain_text("The feed cannot be reached")
    expect(cards(page)).to_have_count(0)
    site.start()
    press(page, "Try again")
    assert titles(page) == before


def test_a_session_that_is_refused_goes_on_as_a_new_one(page: Page, site: Server) -> None:
    before = visit(page, site)
    site.kill()
    site.settings["CURSOR_KEYS"] = "another key for tests that is long enough"
    site.start()
    press(page, "Show more")
    expect(page.locator("#notice")).to_contain_text("This session is over")
    page.locator("#notice").get_by_role("button", name="New session").click()
    assert titles(page) == before
    press(page, "Show more")
    titles(page, 20)


def test_a_catalog_that_is_being_built_comes_by_itself(
    page: Page, start_site: Callable[[], Server], tmp_path: Path, demo_catalog: Catalog
) -> None:
    site = start_site()
    page.goto(site.url)
    expect(page.locator("#notice")).to_contain_text("The catalog is being built")
    publish_to(tmp_path / "shelf", demo_catalog)
    titles(page)
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.get_by_role("button", name="Science", exact=True)).to_be_visible()


def test_only_a_missing_catalog_is_waited_for(page: Page, site: Server) -> None:
    visit(page, site)
    session_refused(page, "no-catalog", 503)
    new_session(page)
    expect(page.locator("#notice")).to_contain_text("The catalog is being built")
    titles(page)

    session_refused(page, "store-unavailable", 503)
    new_session(page)
    expect(page.locator("#notice")).to_contain_text("because")
    expect(page.locator("#notice")).not_to_contain_text("catalog")
    page.wait_for_timeout(1500)  # longer than Retry-After
    expect(cards(page)).to_have_count(0)
    press(page, "Try again")
    titles(page)


def test_a_bookmark_that_cannot_be_saved_is_taken_back_and_said(page: Page, site: Server) -> None:
    visit(page, site)
    title = listen_as(page, "ada")[0]
    bookmark = page.get_by_role("button", name=f"Bookmark: {title}")
    with sqlite3.connect(site.settings["STORE"], isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")
        bookmark.click()
        expect(bookmark).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#hint")).to_contain_text("Not saved")
        expect(bookmark).to_have_attribute("aria-pressed", "false")
        db.execute("ROLLBACK")
    bookmark.click()
    expect(page.locator("#hint")).to_contain_text("Bookmarked.")
    stored = site.call("GET", "/api/me/engagements", user="ada").json()["engagements"]
    assert [one["episode_title"] for one in stored] == [title]


def test_what_a_session_had_to_do_without_is_told_in_plain_words(page: Page, site: Server) -> None:
    def degrade(route: Route) -> None:
        answer = route.fetch().json()
        route.fulfill(json={**answer, "degraded": [*DEGRADED, "some_new_name"]})

    page.route("**/api/sessions/create", degrade)
    visit(page, site)
    told = page.locator("footer").inner_text()
    assert told.endswith(" · some new name")
    assert told.count(" · ") == 1 + len(DEGRADED) + 1
    for name in DEGRADED:
        assert name not in told
        assert name.replace("_", " ") not in told


def test_ages_are_told_by_the_clock_of_the_server(page: Page, site: Server) -> None:
    visit(page, site)
    episode = site.create()["episodes"][0]
    days = (NOW - datetime.fromisoformat(episode["published_at"])).days
    assert 2 <= days < 14
    expect(page.locator(".facts").first).to_contain_text(f"{days} days ago")


def test_a_reason_opens_to_the_numbers_behind_it(page: Page, site: Server) -> None:
    visit(page, site)
    episode = site.create()["episodes"][0]
    expect(page.locator(".scores").first).to_be_hidden()
    page.locator(".reason").first.click()
    expect(page.locator(".scores").first).to_contain_text(f"score {episode['final_score']:.2f}")


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
