"""The page when the connection, the server, the catalog or the store fails it."""

import signal
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from feed.catalog.catalog import Catalog
from tests.support.catalogs import publish_to
from tests.support.page import (
    PAGE,
    go,
    press,
    refresh,
    refuse,
    scroll_for,
    stored,
    titles,
    until,
    visit,
)
from tests.support.server import Server

CREATE = "**/api/sessions/create"
DEGRADED = (
    "summary_missing",
    "summary_timeout",
    "summary_unavailable",
    "summary_unreadable",
    "identity_unavailable",
    "freshness_widened",
    "series_limit_relaxed",
    "clock_ahead",
    "languages_unreadable",
    "no_language_match",
    "all_muted",
    "all_excluded",
    "none_published",
    "none_fresh",
    "all_below_quality",
    "all_ruled_out",
    "catalog_empty",
    "catalog_unreachable",
    "catalog_broken",
    "catalog_too_large",
    "catalog_stale",
    "catalog_missing",
    "retrieval_timeout",
    "retrieval_unavailable",
    "retrieval_empty",
    "vectors_unavailable",
)


def start_over(page: Page) -> None:
    page.locator("#refresh").click()


def test_a_server_that_is_gone_is_said_and_the_page_recovers(page: Page, site: Server) -> None:
    before = visit(page, site)
    site.kill()
    page.locator("#feed .card:visible").last.scroll_into_view_if_needed()
    notice = page.locator("#notice")
    expect(notice).to_contain_text("The feed cannot be reached")
    assert titles(page) == before
    site.start()
    assert titles(page, 20)[:PAGE] == before
    expect(notice).to_be_hidden()


def test_a_refresh_keeps_the_cards_until_there_are_new_ones(page: Page, site: Server) -> None:
    before = visit(page, site)
    press(page, f"Save: {before[0]}")
    until(page, lambda: stored(site))
    site.kill()
    start_over(page)
    notice = page.locator("#notice")
    expect(notice).to_contain_text("The feed cannot be reached")
    expect(notice).to_contain_text("tries again by itself")
    expect(notice).to_be_in_viewport()
    assert titles(page) == before
    start_over(page)
    start_over(page)
    assert titles(page) == before
    site.start()
    expect(page.locator("#intro")).to_contain_text("the last episode")
    expect(notice).to_be_hidden()
    assert before[0] not in titles(page)


def test_a_server_that_does_not_answer_hides_the_cards_for_moments_only(
    page: Page, site: Server
) -> None:
    before = visit(page, site)
    site.signal(signal.SIGSTOP)
    start_over(page)
    assert titles(page) == before
    site.signal(signal.SIGCONT)
    expect(page.locator("#feed")).not_to_have_attribute("aria-busy", "true")


def test_who_reads_on_is_not_moved_by_a_new_feed(page: Page, site: Server) -> None:
    before = visit(page, site)
    page.route(CREATE, lambda route: route.abort())
    start_over(page)
    expect(page.locator("#notice")).to_contain_text("The feed cannot be reached")
    page.locator("#feed .card").nth(8).scroll_into_view_if_needed()
    page.unroute(CREATE)
    toast = page.locator("#toast")
    expect(toast).to_contain_text("A new feed is ready.")
    assert titles(page) == before
    press(toast, "Show")
    expect(page.locator("#feed-title")).to_be_in_viewport()
    expect(page.locator("#notice")).to_be_hidden()


def test_a_feed_without_a_connection_comes_with_it(page: Page, site: Server) -> None:
    before = visit(page, site, "ada")
    page.context.set_offline(True)
    start_over(page)
    expect(page.locator("#toast")).to_contain_text("This feed stays")
    assert titles(page) == before
    press(go(page, "you"), "ben", exact=True)  # who has no feed yet
    go(page, "")
    expect(page.locator("#notice")).to_contain_text("You are offline")
    expect(page.locator("#banner")).to_contain_text("You are offline.")
    page.context.set_offline(False)
    titles(page)
    expect(page.locator("#banner")).to_be_hidden()


def test_a_session_that_is_too_old_goes_on_as_a_new_one(page: Page, site: Server) -> None:
    visit(page, site)
    for kind, status, count in (("cursor-expired", 410, 20), ("invalid-cursor", 400, 30)):
        refuse(page, "**/next", kind, status)
        shown = scroll_for(page, count)
        assert len(set(shown)) == count
    expect(page.locator("#notice")).to_be_hidden()


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
    refuse(page, CREATE, "no-catalog", 503)
    start_over(page)
    expect(page.locator("#notice")).to_contain_text("The catalog is being built")
    titles(page)
    refuse(page, CREATE, "store-unavailable", 503)
    start_over(page)
    expect(page.locator("#notice")).to_contain_text("because")
    expect(page.locator("#notice")).not_to_contain_text("catalog")
    expect(page.locator("#notice")).to_be_hidden()
    titles(page)


def test_a_feed_that_has_nothing_says_so(page: Page, site: Server) -> None:
    visit(page, site)

    def nothing(route: Route) -> None:
        answer = route.fetch().json()
        route.fulfill(json={**answer, "episodes": [], "next_cursor": None, "total_in_queue": 0})

    page.route(CREATE, nothing, times=1)
    start_over(page)
    expect(page.locator("#notice")).to_contain_text("Nothing to show yet")
    press(page, "Try again")
    titles(page)


def test_what_a_session_had_to_do_without_is_told_in_plain_words(page: Page, site: Server) -> None:
    def degrade(route: Route) -> None:
        answer = route.fetch().json()
        route.fulfill(json={**answer, "degraded": [*DEGRADED, "some_new_name"]})

    page.route(CREATE, degrade)
    visit(page, site)
    told = page.locator("#foot").inner_text()
    assert told.endswith(" · some new name")
    assert told.count(" · ") == 1 + len(DEGRADED) + 1
    for name in DEGRADED:
        assert name not in told
        assert name.replace("_", " ") not in told


def test_what_the_api_says_is_text_and_never_markup(page: Page, site: Server) -> None:
    evil = "<img src=x onerror=alert(1)><b>bold</b>"

    def spoil(route: Route) -> None:
        answer = route.fetch().json()
        for one in answer["episodes"]:
            names = {"series": {"id": evil, "name": evil}, "url": "javascript:alert(1)"}
            one.update(title=evil, key_insight=evil, image_url="javascript:alert(1)", **names)
            one["reason"]["text"] = evil
        route.fulfill(json=answer)

    page.route(CREATE, spoil)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    assert set(visit(page, site)) == {evil}
    assert page.locator("#feed b, #feed img, #feed a:visible").count() == 0
    assert dialogs == []


def test_it_works_where_storage_is_switched_off(page: Page, site: Server) -> None:
    page.add_init_script(
        """for (const kept of ["localStorage", "sessionStorage"])
            Object.defineProperty(window, kept, { get() { throw new Error("switched off"); } });"""
    )
    page.goto(site.url)
    first = refresh(page)[0]
    save = page.get_by_role("button", name=f"Save: {first}")
    save.click()
    expect(save).to_have_attribute("aria-pressed", "true")
    refresh(page)
    expect(page.locator(".reason", has_text="Because you bookmarked").first).to_be_visible()
