"""The page under the headers that Firebase Hosting sends with it."""

import json

from playwright.sync_api import Page, Route, expect

from tests.support.page import PAGE, listen_as, press, titles, visit
from tests.support.server import ROOT, Server

HOSTING = json.loads((ROOT / "firebase.json").read_text())["hosting"]
HEADERS = {one["key"]: one["value"] for one in HOSTING["headers"][0]["headers"]}


def test_the_page_needs_nothing_that_its_policy_forbids(page: Page, site: Server) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))

    def with_headers(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, **HEADERS})

    page.route(f"{site.url}/", with_headers)
    assert HEADERS["Content-Security-Policy"].startswith("default-src 'self'; ")
    visit(page, site)
    press(page, "Show more")
    titles(page, 2 * PAGE)
    listen_as(page, "ada")
    page.get_by_role("button", name="Bookmark").first.click()
    expect(page.locator("#hint")).to_contain_text("Bookmarked.")
    assert problems == []


def test_a_script_in_the_page_itself_would_not_run(page: Page, site: Server) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))

    def spoiled(route: Route) -> None:
        answer = route.fetch()
        body = answer.text().replace("</body>", "<script>document.title='run'</script></body>")
        route.fulfill(response=answer, body=body, headers={**answer.headers, **HEADERS})

    page.route(f"{site.url}/", spoiled)
    page.goto(f"{site.url}/")
    assert page.title() == "For You · Earshot"
    assert any("Content Security Policy" in one for one in problems)


def test_the_api_is_where_hosting_looks_for_it() -> None:
    (rewrite,) = HOSTING["rewrites"]
    assert rewrite["source"] == "/api/**"
    assert rewrite["run"]["serviceId"] == "create-session"
