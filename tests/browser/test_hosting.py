"""The page on Firebase Hosting: its headers, its sign-in, and what it needs of the API."""

import json
import re
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.support.page import go, menu, press, problems_of, refresh, scroll_for, visit
from tests.support.server import ROOT, Server
from tests.support.sign_in import Google

CONFIGURATION = json.loads((ROOT / "firebase.json").read_text())
HOSTING = CONFIGURATION["hosting"]
HEADERS = {one["key"]: one["value"] for one in HOSTING["headers"][0]["headers"]}


def with_headers(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, headers={**answer.headers, **HEADERS})


def test_a_guest_gets_a_feed_before_any_form_keeps_the_history_and_the_policy_allows_all_of_it(
    page: Page, hosted: Server, sdk: Path
) -> None:
    google = Google(page, sdk)
    problems = problems_of(page)
    page.route(f"{hosted.url}/", with_headers)
    first = visit(page, hosted)[0]
    assert google.asked.count("accounts:signUp") == 1
    press(page, "Skip", exact=True)
    press(page, f"Save: {first}")
    page.locator("#feed .reason").first.click()
    menu(page, first, "Follow")
    scroll_for(page, 20)
    go(page, "history")
    you = go(page, "you")
    you.get_by_label("E-mail").fill("alice@example.com")
    press(you, "Science", exact=True)  # which draws the page anew
    you.get_by_label("Password").fill("correct horse")
    press(you, "Continue with e-mail")
    expect(page.locator("nav")).to_contain_text("alice@example.com")
    expect(you.get_by_role("button", name="Sign out")).to_be_visible()
    assert len(google.users) == 1
    page.reload()
    expect(go(page, "saved")).to_contain_text(first)
    go(page, "")
    refresh(page)
    expect(page.locator(".reason", has_text="Because you bookmarked").first).to_be_visible()
    press(go(page, "you"), "Sign out")
    expect(page.locator("nav")).to_contain_text("Guest")
    expect(go(page, "saved")).to_contain_text("Nothing saved yet")
    assert len(google.users) == 2
    assert problems == []


def test_without_guests_in_the_project_there_is_a_feed_still(
    page: Page, hosted: Server, sdk: Path
) -> None:
    google = Google(page, sdk)
    denied = {"error": {"code": 400, "message": "ADMIN_ONLY_OPERATION"}}
    page.route(
        "**/accounts:signUp**",
        lambda route: route.fulfill(status=400, json=denied, headers=google.open),
    )
    first = visit(page, hosted)[0]
    press(page, f"Save: {first}")
    toast = page.locator("#toast")
    expect(toast).to_contain_text("Saved. Kept on this device until you sign in.")
    refresh(page)
    expect(page.locator(".reason", has_text="Because you bookmarked").first).to_be_visible()
    press(go(page, "saved"), f"Remove: {first}")
    expect(toast).to_contain_text("Removed. Kept on this device until you sign in.")
    press(toast, "Undo")
    history = go(page, "history")
    expect(history.get_by_role("listitem")).to_have_count(1)
    press(history, "Reset")
    press(page.get_by_role("dialog"), "Reset")
    expect(history).to_contain_text("No history yet")


def test_the_policy_in_the_page_is_that_of_the_headers() -> None:
    page = (ROOT / "web/index.html").read_text()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert f"{policy}; frame-ancestors 'none'" == HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy


def test_a_script_in_the_page_itself_would_not_run(page: Page, site: Server) -> None:
    problems = problems_of(page)

    def spoiled(route: Route) -> None:
        answer = route.fetch()
        body = answer.text().replace("</body>", "<script>document.title='run'</script></body>")
        route.fulfill(response=answer, body=body, headers={**answer.headers, **HEADERS})

    page.route(f"{site.url}/", spoiled)
    page.goto(f"{site.url}/")
    assert page.title() == "For You · Earshot"
    assert any("Content Security Policy" in one for one in problems)


def test_hosting_finds_the_api_and_no_emulators_in_the_configuration() -> None:
    rewrites = {one["source"]: one["run"]["serviceId"] for one in HOSTING["rewrites"]}
    assert rewrites == {"/api/**": "create-session", "/episode/**": "create-session"}
    assert "emulators" not in CONFIGURATION
