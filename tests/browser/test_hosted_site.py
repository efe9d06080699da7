"""The site as Firebase Hosting gets it and serves it, by firebase-tools' own emulator."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.deployment import ROOT, Account, needs_gcloud
from tests.support.hosting import HostingEmulator, Site
from tests.support.page import go, press, problems_of, refresh, scroll_for, titles
from tests.support.server import Server
from tests.support.sign_in import Google

pytestmark = needs_gcloud

FOR_EDITORS = {"jsconfig.json", "js/library/outbox-types.d.ts", "js/types.d.ts", "lab/types.d.ts"}
GENERATED = {"config.json"}
PRIVATE = {".env", "js/.main.js.swp", ".git/config"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(Account(tmp_path_factory.mktemp("account")))


@pytest.fixture(scope="module")
def hosting(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostingEmulator]:
    emulator = HostingEmulator(site, tmp_path_factory.mktemp("hosting"))
    try:
        yield emulator.start()
    finally:
        emulator.stop()


def test_the_page_is_uploaded_and_nothing_that_is_for_editors_or_private(site: Site) -> None:
    for name in PRIVATE:
        (site.public / name).parent.mkdir(exist_ok=True)
        (site.public / name).touch()
    web = ROOT / "web"
    there = {str(path.relative_to(web)) for path in web.rglob("*") if path.is_file()}
    assert {*site.uploaded_files()} == (there - FOR_EDITORS) | GENERATED


def test_firebase_tools_knows_every_field_of_the_deployed_configuration(site: Site) -> None:
    assert site.invalid_fields() == []


@pytest.mark.parametrize("address", ["/", "/lab.html", "/js/main.js", "/sw.js", "/icons.svg"])
def test_every_address_has_the_security_headers_and_is_revalidated(
    hosting: HostingEmulator, site: Site, address: str
) -> None:
    answer = httpx.get(hosting.url + address)
    assert answer.status_code == 200
    wanted = {one["key"]: one["value"] for one in site.hosting["headers"][0]["headers"]}
    assert "Content-Security-Policy" in wanted
    found = {name: answer.headers.get(name) for name in wanted}
    assert found == wanted
    assert answer.headers["cache-control"] == "no-cache"


def test_what_is_not_uploaded_is_not_served(hosting: HostingEmulator) -> None:
    for name in FOR_EDITORS | PRIVATE | {"firebase.json", "nothing"}:
        assert httpx.get(f"{hosting.url}/{name}").status_code == 404, name


def test_the_hosted_page_signs_a_guest_in_and_stores_engagements(
    page: Page, hosting: HostingEmulator, start_demo: Callable[..., Server], sdk: Path
) -> None:
    function = start_demo(AUTH="emulator", FIREBASE_PROJECT=hosting.project)

    def rewritten(route: Route) -> None:
        url = route.request.url.replace(hosting.url, function.url)
        route.fulfill(response=route.fetch(url=url))

    google = Google(page, sdk, hosting.project)
    page.unroute("**/__/firebase/init.json")  # the emulator has it
    page.route(f"{hosting.url}/api/**", rewritten)
    problems = problems_of(page)
    page.goto(hosting.url)
    first = titles(page)[0]
    assert google.asked.count("accounts:signUp") == 1
    press(page, "Skip", exact=True)
    press(page, f"Save: {first}")
    scroll_for(page, 20)
    expect(go(page, "saved")).to_contain_text(first)
    go(page, "")
    refresh(page)
    expect(page.locator(".reason", has_text="Because you bookmarked").first).to_be_visible()
    page.goto(f"{hosting.url}/lab.html")
    expect(page.locator("h1")).to_be_visible()
    assert problems == []
