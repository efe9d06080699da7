"""Sign-in that fails, ends or changes hands: nothing done is lost, or sent in another's name."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.support.page import go, press, titles, until, visit
from tests.support.server import Server
from tests.support.sign_in import Google

WRITES = "**/api/me/engagements"
EMAIL = "alice@example.com"
STEPS = {
    "configuration": re.compile(r"/__/firebase/init\.json"),
    "sdk": re.compile(r"gstatic\.com/firebasejs"),
    "guest": re.compile(r"identitytoolkit.*accounts:signUp"),
}


def stored(site: Server, google: Google, uid: str) -> list[str]:
    """The titles that the API has stored for a user of Firebase."""
    headers = {"Authorization": f"Bearer {google.token(uid)}"}
    answer = site.client.get("/api/me/engagements", headers=headers).json()
    return [one["episode_title"] for one in answer["engagements"]]


def sign_in(page: Page) -> None:
    you = go(page, "you")
    you.get_by_label("E-mail").fill(EMAIL)
    you.get_by_label("Password").fill("correct horse")
    press(you, "Continue with e-mail")
    expect(page.locator("nav")).to_contain_text(EMAIL)
    go(page, "")


@pytest.mark.parametrize("step", STEPS)
def test_engagements_made_before_sign_in_are_reported_kept_and_sent(
    page: Page, hosted: Server, sdk: Path, step: str
) -> None:
    google, failing = Google(page, sdk), [True]
    page.route(STEPS[step], lambda route: route.abort() if failing else route.fallback())
    first = visit(page, hosted)[0]
    banner = page.locator("#banner")
    expect(banner).to_contain_text("Sign-in cannot be reached.")
    press(page, f"Save: {first}")
    expect(page.locator("#toast")).to_contain_text("Kept on this device, not sent yet.")
    expect(banner).to_contain_text("One change waits, not sent yet.")
    page.reload()
    expect(go(page, "saved")).to_contain_text(first)
    assert google.users == {}
    failing.clear()
    page.evaluate("dispatchEvent(new Event('online'))")
    until(page, lambda: [stored(hosted, google, uid) for uid in google.users] == [[first]])
    expect(banner).to_be_hidden()


def test_until_sign_in_succeeds_the_last_listener_is_assumed(
    page: Page, hosted: Server, sdk: Path
) -> None:
    google = Google(page, sdk)
    first, second = visit(page, hosted)[:2]
    sign_in(page)
    (uid,) = google.users
    press(page, f"Save: {first}")
    until(page, lambda: stored(hosted, google, uid) == [first])
    failing = [True]
    page.route(
        STEPS["configuration"],
        lambda route: route.fulfill(status=500) if failing else route.fallback(),
    )
    page.reload()
    expect(page.locator("nav")).to_contain_text(EMAIL)
    expect(page.get_by_role("button", name=f"Save: {first}")).to_have_attribute(
        "aria-pressed", "true"
    )
    press(page, f"Save: {second}")
    expect(page.locator("#toast")).to_contain_text("not sent yet")
    failing.clear()
    until(page, lambda: stored(hosted, google, uid) == [second, first])
    assert list(google.users) == [uid]


def test_writes_left_when_another_tab_signs_out_are_reported_and_sent_at_the_next_sign_in(
    page: Page, hosted: Server, sdk: Path
) -> None:
    context: BrowserContext = page.context
    google = Google(context, sdk)
    first, second = visit(page, hosted)[:2]
    sign_in(page)
    (uid,) = google.users
    other = context.new_page()
    other.goto(f"{hosted.url}/#/you")
    other.route("**/api/me**", lambda route: route.abort())  # or it sends what this tab cannot
    page.route(WRITES, lambda route: route.abort())
    press(page, f"Save: {first}")
    expect(page.locator("#banner")).to_contain_text("to be saved")
    press(other, "Sign out")
    expect(page.locator("nav")).to_contain_text("Guest")
    expect(page.locator("#toast")).to_contain_text(
        f"One change waits here, not sent yet, until “{EMAIL}” is back."
    )
    other.close()
    page.unroute(WRITES)
    press(page, f"Like: {titles(page)[1]}")
    until(page, lambda: len(google.users) > 1)
    guests = [one for one in google.users if one != uid]
    until(page, lambda: any(stored(hosted, google, guest) == [second] for guest in guests))
    assert stored(hosted, google, uid) == []
    sign_in(page)
    until(page, lambda: stored(hosted, google, uid) == [first])


def test_the_outbox_of_a_guest_moves_to_the_account(page: Page, hosted: Server, sdk: Path) -> None:
    google = Google(page, sdk)
    known = google.users["alice"] = {"localId": "alice", "email": EMAIL}
    known["providerUserInfo"] = [{"providerId": "password", "federatedId": EMAIL}]
    first = visit(page, hosted)[0]
    page.route(WRITES, lambda route: route.abort())
    press(page, f"Save: {first}")
    expect(page.locator("#banner")).to_contain_text("to be saved")
    sign_in(page)
    page.unroute(WRITES)
    until(page, lambda: stored(hosted, google, "alice") == [first])
    page.reload()
    expect(go(page, "saved")).to_contain_text(first)


def test_an_expired_token_is_renewed_once_it_can_be_and_nothing_is_lost(
    page: Page, hosted: Server, sdk: Path
) -> None:
    google, failing = Google(page, sdk), [True]
    first = visit(page, hosted)[0]
    (uid,) = google.users
    before = google.asked.count("token")
    refused: dict[str, Any] = {"type": "urn:earshot:problem:invalid-token", "status": 401}

    def expired(route: Route) -> None:
        renewed = google.asked.count("token") > before
        route.fallback() if renewed else route.fulfill(status=401, json=refused)

    page.route(WRITES, expired)
    page.route(
        re.compile(r"securetoken\."), lambda route: route.abort() if failing else route.fallback()
    )
    press(page, f"Save: {first}")
    expect(page.locator("#banner")).to_contain_text("One change waits to be saved.")
    failing.clear()
    until(page, lambda: stored(hosted, google, uid) == [first])
    assert google.asked.count("token") == before + 1


def test_a_first_visit_that_goes_offline_reloads_and_returns_is_one_guest(
    browser: Browser, hosted: Server, sdk: Path
) -> None:
    context = browser.new_context()
    context.set_default_timeout(10_000)
    google = Google(context, sdk)
    page = context.new_page()
    page.goto(hosted.url)
    first, second, third = titles(page)[:3]
    press(page, f"Save: {first}")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    context.set_offline(True)
    press(page, f"Save: {second}")
    page.reload()
    press(page, f"Save: {third}")
    expect(page.locator("#toast")).to_contain_text("not sent yet")
    context.set_offline(False)
    until(page, lambda: len(google.users) == 1)
    (uid,) = google.users
    until(page, lambda: stored(hosted, google, uid) == [third, second, first])
    expect(page.locator("#banner")).to_be_hidden()
    context.close()
