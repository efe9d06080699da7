"""The page calls the API where its deployment says that it is: at another origin."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from deploy.hosting import copy_site, extra_sources
from tests.support.page import cached, go, press, refresh, stored, titles, until, visit
from tests.support.server import ROOT, Server


def test_everything_works_with_the_api_at_another_origin(
    browser: Browser, start_demo: Callable[..., Server], tmp_path: Path
) -> None:
    public = tmp_path / "public"
    public.mkdir()
    page_server = start_demo(WEB=str(public), STORE=str(tmp_path / "none.db"))
    api = start_demo(CORS_ORIGINS=page_server.url)
    address = f"{api.url}/api"
    copy_site(ROOT / "web", public, {"api": address}, extra_sources([address], ""))
    context = browser.new_context(permissions=["local-network-access"])  # both are on loopback
    context.set_default_timeout(10_000)
    asked: list[str] = []
    context.on("request", lambda one: asked.append(one.url))
    page = context.new_page()
    first = visit(page, page_server)[0]
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    press(page, f"Save: {first}")
    until(page, lambda: stored(api))
    assert first not in refresh(page)
    page.reload()
    expect(go(page, "saved")).to_contain_text(first)
    press(page, f"Remove: {first}")
    until(page, lambda: not stored(api))
    go(page, "")
    titles(page)
    calls = [url for url in asked if "/api/" in url]
    assert len(calls) > 5
    assert all(url.startswith(f"{api.url}/api/") for url in calls)
    kept = cached(page)
    assert kept
    assert all(url.startswith(page_server.url) for url in kept)
    context.close()


def test_streams_come_from_an_address_of_their_own_and_from_the_other_while_it_is_away(
    browser: Browser, start_demo: Callable[..., Server], tmp_path: Path
) -> None:
    public = tmp_path / "public"
    public.mkdir()
    site = start_demo(WEB=str(public), STORE=str(tmp_path / "none.db"))
    streams = start_demo(CORS_ORIGINS=site.url)
    copy_site(
        ROOT / "web", public, {"stream": f"{streams.url}/api"}, extra_sources([streams.url], "")
    )
    context = browser.new_context(permissions=["local-network-access"], service_workers="block")
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(f"{site.url}/#/ask?q=stars")
    answers = page.locator("#ask .answer")
    expect(answers.first).not_to_be_empty()
    assert [url for url in asked if url.endswith("/ask")] == [f"{streams.url}/api/ask"]
    streams.kill()
    page.get_by_role("textbox", name="Your question").fill("planets")
    press(page, "Ask", exact=True)
    expect(answers).to_have_count(2)
    until(page, lambda: asked[-1] == f"{site.url}/api/ask")
    expect(answers.first).not_to_be_empty()
    context.close()


def test_a_configuration_that_cannot_be_is_said(page: Page, site: Server) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.route("**/config.json", lambda route: route.fulfill(json={"api": "feed.example/api"}))
    page.goto(site.url)
    expect(page.locator("#banner")).to_contain_text("Sign-in cannot be reached")
    assert any("config.json: expected an address" in one for one in said)
