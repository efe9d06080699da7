"""App Check: the page sends a token with every call, and the function's real verifier takes it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from deploy.hosting import copy_site, extra_sources
from tests.support.attestation import NUMBER, SITE_KEY, AppCheck, function, key_server
from tests.support.page import press, refresh, titles, until, visit
from tests.support.server import ROOT, Server
from tests.support.sign_in import Google

Start = Callable[[str], Server]


@pytest.fixture
def start_checked(start_demo: Callable[..., Server], tmp_path: Path) -> Iterator[Start]:
    """Start the page as it is deployed, with a function that answers only the project's apps."""
    keys = key_server()
    source = function(tmp_path / "source", keys)
    settings = {"AUTH": "emulator", "FIREBASE_PROJECT": "demo-x", "APP_CHECK": NUMBER}

    def start(site_key: str) -> Server:
        public = tmp_path / "public"
        config = {"app_check_site_key": site_key} if site_key else {}
        copy_site(ROOT / "web", public, config, extra_sources((), site_key))
        return start_demo(source=source, WEB=str(public), **settings)

    yield start
    keys.server.shutdown()


def test_every_call_carries_a_token_that_the_function_verifies(
    page: Page, start_checked: Start, sdk: Path
) -> None:
    google, check = Google(page, sdk), AppCheck(page)
    calls: list[Request] = []
    page.on("request", lambda one: calls.append(one) if "/api/" in one.url else None)
    first = visit(page, start_checked(SITE_KEY))[0]
    with page.expect_response(lambda one: one.status == 201):
        press(page, f"Save: {first}")
    assert first not in refresh(page)
    assert calls
    assert all("x-firebase-appcheck" in one.headers for one in calls)
    assert check.exchanged == 1
    assert len(google.users) == 1


def test_without_a_site_key_the_function_lets_nothing_in_and_the_page_says_so(
    page: Page, start_checked: Start, sdk: Path
) -> None:
    Google(page, sdk)
    page.goto(start_checked("").url)
    expect(page.locator("#notice")).to_contain_text("X-Firebase-AppCheck")


def test_a_page_that_app_check_refuses_says_so_and_keeps_what_was_done(
    page: Page, start_checked: Start, sdk: Path
) -> None:
    google, check = Google(page, sdk), AppCheck(page)
    first = visit(page, start_checked(SITE_KEY))[0]
    (uid,) = google.users
    page.evaluate("indexedDB.deleteDatabase('firebase-app-check-database')")
    check.refusing = True
    page.reload()
    assert titles(page)[0] == first
    press(page, f"Save: {first}")
    expect(page.locator("#banner")).to_contain_text("App Check does not let this page pass")
    expect(page.locator("#banner")).to_contain_text("One change waits")
    check.refusing = False
    page.reload()
    press(page, f"Like: {titles(page)[1]}")
    until(page, lambda: check.exchanged > 1)
    expect(page.locator("#banner")).to_be_hidden(timeout=20_000)
    assert uid in google.users
