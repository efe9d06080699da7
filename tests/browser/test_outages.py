"""The page while the connection, the server, the catalog or the store is down."""

import signal
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from feed.catalog.catalog import Catalog
from feed.model.degradation import Degradation
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


def test_while_the_server_is_down_the_cards_stay_and_the_page_tries_again(
    page: Page, site: Server
) -> None:
    before = visit(page, site)
    press(page, f"Save: {before[0]}")
    until(page, lambda: stored(site))
    site.kill()
    notice = page.locator("#notice")
    page.locator("#feed .card:visible").last.scroll_into_view_if_needed()
    expect(notice).to_contain_text("It cannot be reached just now")
    assert titles(page) == before
    site.start()
    assert titles(page, 20)[:PAGE] == before
    expect(notice).to_be_hidden()
    site.kill()
    page.locator("#refresh").click()
    expect(notice).to_contain_text("It cannot be reached just now")
    expect(notice).to_contain_text("tries again by itself")
    expect(notice).to_be_in_viewport()
    assert titles(page) == before
    page.locator("#refresh").click()
    page.locator("#refresh").click()
    assert titles(page) == before
    site.start()
    expect(page.locator("#intro")).to_contain_text("the last episode")
    expect(notice).to_be_hidden()
    assert before[0] not in titles(page)


def test_a_server_that_hangs_does_not_hide_the_cards(page: Page, site: Server) -> None:
    before = visit(page, site)
    site.signal(signal.SIGSTOP)
    page.locator("#refresh").click()
    assert titles(page) == before
    site.signal(signal.SIGCONT)
    expect(page.locator("#feed")).not_to_have_attribute("aria-busy", "true")


def test_a_new_feed_does_not_move_a_listener_who_scrolled_on(page: Page, site: Server) -> None:
    before = visit(page, site)
    page.route(CREATE, lambda route: route.abort())
    page.locator("#refresh").click()
    expect(page.locator("#notice")).to_contain_text("It cannot be reached just now")
    page.locator("#feed .card").nth(8).scroll_into_view_if_needed()
    page.unroute(CREATE)
    toast = page.locator("#toast")
    expect(toast).to_contain_text("A new feed is ready.")
    assert titles(page) == before
    press(toast, "Show")
    expect(page.locator("#feed-title")).to_be_in_viewport()
    expect(page.locator("#notice")).to_be_hidden()


def test_a_feed_requested_offline_loads_when_the_connection_returns(
    page: Page, site: Server
) -> None:
    before = visit(page, site, "ada")
    page.context.set_offline(True)
    page.locator("#refresh").click()
    expect(page.locator("#toast")).to_contain_text("This feed stays")
    assert titles(page) == before
    press(go(page, "you"), "ben", exact=True)  # who has no feed yet
    go(page, "")
    expect(page.locator("#notice")).to_contain_text("You are offline")
    expect(page.locator("#banner")).to_contain_text("You are offline.")
    page.context.set_offline(False)
    titles(page)
    expect(page.locator("#banner")).to_be_hidden()


def test_an_expired_session_continues_as_a_new_one(page: Page, site: Server) -> None:
    visit(page, site)
    for kind, status, count in (("cursor-expired", 410, 20), ("invalid-cursor", 400, 30)):
        refuse(page, "**/next", kind, status)
        shown = scroll_for(page, count)
        assert len(set(shown)) == count
    expect(page.locator("#notice")).to_be_hidden()


def test_the_feed_appears_when_the_first_catalog_is_published(
    page: Page, start_site: Callable[[], Server], tmp_path: Path, demo_catalog: Catalog
) -> None:
    site = start_site()
    page.goto(site.url)
    expect(page.locator("#notice")).to_contain_text("The catalog is being built")
    publish_to(tmp_path / "shelf", demo_catalog)
    titles(page)
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.get_by_role("button", name="Science", exact=True)).to_be_visible()


def test_only_a_missing_catalog_is_called_being_built(page: Page, site: Server) -> None:
    visit(page, site)
    refuse(page, CREATE, "store-unavailable", 503)
    page.locator("#refresh").click()
    expect(page.locator("#notice")).to_contain_text("because")
    expect(page.locator("#notice")).not_to_contain_text("catalog")
    expect(page.locator("#notice")).to_be_hidden()
    titles(page)


def test_an_empty_feed_says_so(page: Page, site: Server) -> None:
    visit(page, site)

    def nothing(route: Route) -> None:
        answer = route.fetch().json()
        route.fulfill(json={**answer, "episodes": [], "next_cursor": None, "total_in_queue": 0})

    page.route(CREATE, nothing, times=1)
    page.locator("#refresh").click()
    expect(page.locator("#notice")).to_contain_text("Nothing to show yet")
    press(page, "Try again")
    titles(page)


def test_each_degradation_is_explained_in_plain_words(page: Page, site: Server) -> None:
    def degrade(route: Route) -> None:
        answer = route.fetch().json()
        route.fulfill(json={**answer, "degraded": [*Degradation, "some_new_name"]})

    page.route(CREATE, degrade)
    visit(page, site)
    expect(page.locator("#foot")).to_contain_text("some new name")
    told = page.locator("#foot").inner_text()
    assert told.count("· ") > 20  # the others are the operator's to know
    for name in Degradation:
        assert name not in told
        assert name.replace("_", " ") not in told


def test_texts_of_the_api_are_never_rendered_as_markup(page: Page, site: Server) -> None:
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
    assert page.locator("#feed b, #feed img, #feed a:not([href^='#/'])").count() == 0
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
