"""What the page calls saved survives a reload or is in the API; otherwise the page says so."""

from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.support.page import go, press, stored, titles, until, visit
from tests.support.server import Server

KEPT = """caches.open("earshot-kept").then(async (kept) => (await Promise.all(
    (await kept.keys()).map(async (one) => (await kept.match(one)).text()))).join())"""
WRITES = "**/api/me/engagements"
FULL = """void (Storage.prototype.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
})"""


def test_with_storage_full_an_engagement_is_called_saved_only_once_the_api_has_it(
    page: Page, site: Server
) -> None:
    first, second = visit(page, site)[:2]
    page.route(WRITES, lambda route: route.abort())
    page.evaluate(FULL)
    press(page, f"Save: {first}")
    toast = page.locator("#toast")
    expect(toast).to_contain_text("Not saved yet: this browser keeps nothing.")
    expect(page.locator("#banner")).to_contain_text("leave the page open until it is sent")
    page.unroute(WRITES)
    until(page, lambda: [one["episode_title"] for one in stored(site)] == [first])
    expect(page.locator("#banner")).to_be_hidden()
    press(page, f"Save: {second}")
    expect(toast).to_contain_text("Saved.")
    until(page, lambda: [one["episode_title"] for one in stored(site)] == [second, first])


def test_a_write_whose_answer_is_lost_or_of_a_captive_portal_is_sent_again_and_stored_once(
    page: Page, site: Server
) -> None:
    first = visit(page, site)[0]
    sent: list[str] = []
    answers: list[dict[str, Any]] = [
        {"status": 200, "body": "<h1>Pay for the network</h1>", "content_type": "text/html"},
        {"status": 403, "body": "<h1>Forbidden</h1>", "content_type": "text/html"},
    ]

    def answer(route: Route) -> None:
        if route.request.method != "POST":
            return route.fallback()
        sent.append((route.request.post_data_json or {})["id"])
        if answers:
            return route.fulfill(**answers.pop(0))
        route.fetch()
        return route.abort() if len(sent) == 3 else route.fallback()

    page.route(WRITES, answer)
    press(page, f"Save: {first}")
    until(page, lambda: len(sent) >= 4, 20)
    expect(page.locator("#banner")).to_be_hidden()
    until(page, lambda: [one["episode_title"] for one in stored(site)] == [first])
    assert len(set(sent)) == 1


def test_a_write_that_the_api_fails_on_does_not_block_the_others(page: Page, site: Server) -> None:
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


def test_a_retry_after_date_in_the_past_does_not_cause_a_retry_storm(
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


def test_tabs_that_write_at_the_same_time_lose_nothing(page: Page, site: Server) -> None:
    visit(page, site)
    page.context.set_offline(True)
    write = """async ([tab, count]) => {
        const { library } = await import("/js/library/library.js");
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
    waiting = (
        "import('/js/library/library.js').then(({ library }) => library.outbox.waiting.length)"
    )
    assert page.evaluate(waiting) == other.evaluate(waiting) == 40


def test_after_one_visit_the_page_works_offline_and_later_without_its_outbox(
    installed_page: Page, site: Server
) -> None:
    page = installed_page
    first, second = titles(page)[:2]
    uid = page.evaluate("JSON.parse(localStorage['earshot.guest'])")
    page.context.route("**/notes", lambda route: route.fulfill(json={"html": "<p>Noted</p>"}))
    press(page, f"Save: {first}")
    until(page, lambda: len(stored(site, uid)) == 1)
    until(page, lambda: "Noted" in page.evaluate(KEPT))
    page.context.set_offline(True)
    press(page, f"Save: {second}")
    expect(page.locator("#toast")).to_contain_text("Saved. Kept on this device, not sent yet.")
    page.reload()
    assert titles(page)[:2] == [first, second]
    expect(page.locator("#welcome")).to_have_count(0)
    expect(page.locator("#banner")).to_contain_text("You are offline. One change waits")
    go(page, "saved")
    expect(page.locator("#view-saved .title")).to_have_text([second, first])
    page.context.set_offline(False)
    until(page, lambda: len(stored(site, uid)) == 2)
    expect(page.locator("#banner")).to_be_hidden()
    page.evaluate(
        "for (const key of Object.keys(localStorage))"
        " if (key.startsWith('earshot.outbox/')) delete localStorage[key]"
    )
    page.context.set_offline(True)
    page.reload()
    saved = go(page, "saved")
    expect(page.locator("#view-saved .title")).to_have_text([second, first])
    saved.get_by_role("link", name=first).click()
    expect(page.locator("#view-episode h1")).to_have_text(first)
    expect(page.locator("#view-episode")).to_contain_text("Noted")


def test_a_cached_page_uses_its_cached_modules(installed_page: Page, site: Server) -> None:
    page, context = installed_page, installed_page.context
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
