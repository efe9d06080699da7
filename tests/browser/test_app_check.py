"""App Check: the page sends a token with every call, and the function's real verifier takes it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from feed.catalog import Catalog
from tests.support.attestation import NUMBER, SITE_KEY, AppCheck, function, key_server
from tests.support.catalogs import publish_to
from tests.support.page import press, refresh, titles, until, visit
from tests.support.server import ROOT, Server
from tests.support.sign_in import Google, sdk

__all__ = ["sdk"]


@pytest.fixture
def checked(
    start_server: Callable[..., Server], tmp_path: Path, demo_catalog: Catalog
) -> Iterator[Server]:
    """The site of a project that answers only its own apps."""
    publish_to(tmp_path / "shelf", demo_catalog)
    keys = key_server()
    settings = {"AUTH": "emulator", "FIREBASE_PROJECT": "demo-x", "APP_CHECK": NUMBER}
    source = function(tmp_path / "source", keys)
    yield start_server(source=source, WEB=str(ROOT / "web"), **settings)
    keys.server.shutdown()


def configure(page: Page, **config: Any) -> None:
    """What the deployment tells the page, and the policy that it generates with it."""
    page.route("**/config.json", lambda route: route.fulfill(json=config))
    more = "https://www.google.com https://content-firebaseappcheck.googleapis.com"

    def allow(route: Any) -> None:
        answer = route.fetch()
        body = answer.text().replace("script-src 'self'", f"script-src 'self' {more}")
        body = body.replace("connect-src 'self'", f"connect-src 'self' {more}")
        route.fulfill(response=answer, body=body)

    page.route("**/", allow)


def test_every_call_carries_a_token_that_the_function_verifies(
    page: Page, checked: Server, sdk: Path
) -> None:
    google, check = Google(page, sdk), AppCheck(page)
    configure(page, app_check_site_key=SITE_KEY)
    calls: list[Request] = []
    page.on("request", lambda one: calls.append(one) if "/api/" in one.url else None)
    first = visit(page, checked)[0]
    with page.expect_response(lambda one: one.status == 201):
        press(page, f"Save: {first}")
    assert first not in refresh(page)
    assert calls
    assert all("x-firebase-appcheck" in one.headers for one in calls)
    assert check.exchanged == 1
    assert len(google.users) == 1


def test_without_a_site_key_the_function_lets_nothing_in_and_the_page_says_so(
    page: Page, checked: Server, sdk: Path
) -> None:
    Google(page, sdk)
    page.goto(checked.url)
    expect(page.locator("#notice")).to_contain_text("X-Firebase-AppCheck")


def test_a_page_that_app_check_refuses_says_so_and_keeps_what_was_done(
    page: Page, checked: Server, sdk: Path
) -> None:
    google, check = Google(page, sdk), AppCheck(page)
    configure(page, app_check_site_key=SITE_KEY)
    first = visit(page, checked)[0]
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
