"""What the page says is saved outlives it, or has reached the API; otherwise the page says so."""

import json
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.support.page import go, press, stored, titles, until, visit
from tests.support.server import Server

WRITES = "**/api/me/engagements"
FULL = """void (Storage.prototype.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
})"""


def saves(page: Page) -> list[str]:
    return page.locator("#view-saved .title").all_inner_texts()


def test_nothing_is_called_saved_while_storage_is_full_and_the_api_away(
    page: Page, site: Server
) -> None:
    first = visit(page, site)[0]
    page.route(WRITES, lambda route: route.abort())
    page.evaluate(FULL)
    press(page, f"Save: {first}")
    toast = page.locator("#toast")
    expect(toast).to_contain_text("Not saved yet: this browser keeps nothing.")
    expect(page.locator("#banner")).to_contain_text("leave the page open until it is sent")
    page.unroute(WRITES)
    until(page, lambda: [one["episode_title"] for one in stored(site)] == [first])
    expect(page.locator("#banner")).to_be_hidden()


def test_with_storage_full_it_is_saved_once_the_api_has_it(page: Page, site: Server) -> None:
    first = visit(page, site)[0]
    page.evaluate(FULL)
    press(page, f"Save: {first}")
    expect(page.locator("#toast")).to_contain_text("Saved.")
    assert [one["episode_title"] for one in stored(site)] == [first]


def test_an_answer_that_is_not_of_the_api_confirms_and_refuses_nothing(
    page: Page, site: Server
) -> None:
    first = visit(page, site)[0]
    sent: list[int] = []
    answers: list[dict[str, Any]] = [
        {"status": 200, "body": "<h1>Pay for the network</h1>", "content_type": "text/html"},
        {"status": 403, "body": "<h1>Forbidden</h1>", "content_type": "text/html"},
    ]

    def answer(route: Route) -> None:
        sent.append(1)
        if route.request.method == "POST" and answers:
            route.fulfill(**answers.pop(0))
        else:
            route.fallback()

    page.route(WRITES, answer)
    press(page, f"Save: {first}")
    until(page, lambda: [one["episode_title"] for one in stored(site)] == [first])
    assert answers == []
    expect(page.locator("#banner")).to_be_hidden()


def test_one_write_that_breaks_the_api_keeps_no_other_from_it(page: Page, site: Server) -> None:
    first, second = visit(page, site)[:2]

    def break_first(route: Route) -> None:
        if (route.request.post_data_json or {}).get("episode_title") == first:
            problem = {"type": "urn:earshot:problem:internal-error", "title": "No", "status": 500}
            route.fulfill(status=500, json=problem)
        else:
            route.fallback()

    page.route(WRITES, break_first)
    press(page, f"Save: {first}")
    press(page, f"Save: {second}")
    until(page, lambda: [one["episode_title"] for one in stored(site)] == [second])
    expect(page.locator("#banner")).to_contain_text("One change waits to be saved.")


def test_a_pause_that_is_asked_for_as_a_date_does_not_end_all_pauses(
    page: Page, site: Server
) -> None:
    first = visit(page, site)[0]
    sent: list[str] = []
    later = {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}

    def busy(route: Route) -> None:
        sent.append(route.request.url)
        route.fulfill(status=503, body="{}", content_type="application/json", headers=later)

    page.route(WRITES, busy)
    press(page, f"Save: {first}")
    page.wait_for_timeout(1_500)
    assert 1 <= len(sent) <= 3


def test_what_an_earlier_version_of_the_page_kept_is_sent(page: Page, site: Server) -> None:
    body = {"id": "old", "episode_id": site.create()["episodes"][0]["id"], "type": "like"}
    write = {"op": "engage", "id": "old", "at": 1, "body": body}
    page.add_init_script(
        f"localStorage['earshot.outbox.guest-test'] ??= {json.dumps(json.dumps([write]))}"
    )
    visit(page, site)
    until(page, lambda: [one["id"] for one in stored(site)] == ["old"])


def test_tabs_that_write_at_once_lose_nothing(page: Page, site: Server) -> None:
    visit(page, site)
    page.context.set_offline(True)
    write = """async ([tab, count]) => {
        const { library } = await import("/js/library.js");
        const episode = (n) => ({ id: `${tab}-${n}`, title: `${tab} ${n}` });
        for (let n = 0; n < count; n++) {
            library.record("like", episode(n));
            await new Promise((resolve) => setTimeout(resolve));
        }
    }"""
    page.context.set_offline(False)
    other = page.context.new_page()
    other.goto(site.url)
    titles(other)
    page.context.set_offline(True)
    page.evaluate(f"window.done = ({write})(['a', 20])")
    other.evaluate(write, ["b", 20])
    page.evaluate("window.done")
    waiting = "import('/js/library.js').then(({ library }) => library.outbox.waiting.length)"
    assert page.evaluate(waiting) == other.evaluate(waiting) == 40


def offline_after_a_first_visit(browser: Browser, site: Server) -> tuple[BrowserContext, Page]:
    """A reload without a connection after one visit, in which two episodes were saved."""
    context = browser.new_context()
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto(site.url)
    first, second = titles(page)[:2]
    uid = page.evaluate("JSON.parse(localStorage['earshot.guest'])")
    press(page, f"Save: {first}")
    until(page, lambda: len(stored(site, uid)) == 1)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    context.set_offline(True)
    press(page, f"Save: {second}")
    expect(page.locator("#toast")).to_contain_text("Saved. Kept on this device, not sent yet.")
    page.reload()
    assert titles(page)[:2] == [first, second]
    return context, page


def test_one_visit_is_enough_to_come_back_without_a_connection(
    browser: Browser, site: Server
) -> None:
    context, page = offline_after_a_first_visit(browser, site)
    expect(page.locator("#welcome")).to_be_empty()
    expect(page.locator("#banner")).to_contain_text("You are offline. One change waits")
    first, second = titles(page)[:2]
    go(page, "saved")
    assert saves(page) == [second, first]
    uid = page.evaluate("JSON.parse(localStorage['earshot.guest'])")
    context.set_offline(False)
    until(page, lambda: len(stored(site, uid)) == 2)
    expect(page.locator("#banner")).to_be_hidden()
    context.close()


def test_what_was_stored_is_shown_offline_long_after_it_was_sent(
    browser: Browser, site: Server
) -> None:
    context = browser.new_context()
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto(site.url)
    first = titles(page)[0]
    uid = page.evaluate("JSON.parse(localStorage['earshot.guest'])")
    press(page, f"Save: {first}")
    until(page, lambda: len(stored(site, uid)) == 1)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.evaluate(
        "for (const key of Object.keys(localStorage))"
        " if (key.startsWith('earshot.outbox/')) delete localStorage[key]"
    )
    context.set_offline(True)
    page.reload()
    go(page, "saved")
    expect(page.locator("#view-saved")).to_contain_text(first)
    context.close()


def test_a_page_from_the_cache_has_its_modules_from_there_too(
    browser: Browser, site: Server
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.url)
    titles(page)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    new = "throw new Error('of the new version')"
    context.route(
        "**/js/*.js", lambda route: route.fulfill(body=new, content_type="text/javascript")
    )
    context.route(f"{site.url}/", lambda route: route.abort())
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.reload()
    titles(page)
    assert errors == []
    context.close()
