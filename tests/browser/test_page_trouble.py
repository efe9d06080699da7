"""The page when the server, the catalog or the store fails it."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from feed.catalog import Catalog
from tests.support.catalogs import publish_to
from tests.support.page import (
    PAGE,
    cards,
    listen_as,
    new_session,
    press,
    session_refused,
    titles,
    visit,
)
from tests.support.server import Server

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
