"""The installed app: its shell works offline, and nobody's feed is kept in it."""

import json
import re
import shutil
import subprocess

import pytest
from playwright.sync_api import Browser, expect

from tests.support.page import titles
from tests.support.server import ROOT, Server

WEB = ROOT / "web"
NOT_SHELL = {"sw.js", "jsconfig.json"}
KEPT = """async () => {
    const kept = [];
    for (const name of await caches.keys())
        for (const { url } of await (await caches.open(name)).keys())
            kept.push(new URL(url).pathname);
    return kept;
}"""


def shipped() -> set[str]:
    files = {str(one.relative_to(WEB)) for one in WEB.rglob("*") if one.is_file()}
    lab = {one for one in files if one.startswith("lab")}
    return {one for one in files - NOT_SHELL - lab if not one.endswith(".d.ts")}


def test_the_shell_opens_offline_and_keeps_nothing_of_the_api(
    browser: Browser, site: Server
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.url)
    titles(page)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    expect(page.locator("#feed")).to_be_visible()
    kept = page.evaluate(KEPT)
    names = {one.removeprefix("/") or "index.html" for one in kept}
    assert names - {"__/firebase/init.json"} == shipped()
    assert not [one for one in kept if one.startswith("/api")]
    site.kill()
    page.close()
    page = context.new_page()
    page.goto(site.url)
    expect(page.locator("#notice")).to_contain_text("The feed cannot be reached")
    site.start()
    titles(page)
    context.close()


def test_the_service_worker_keeps_the_sdk_that_signs_in_and_may_fetch_it() -> None:
    policy = json.loads((ROOT / "firebase.json").read_text())["hosting"]["headers"][0]["headers"][0]
    connect = re.findall(r"connect-src ([^;]*)", policy["value"])[0].split()
    kept, used = (
        re.findall(r'SDK = "(https://[^/"]+)([^"]+)"', (WEB / name).read_text())[0]
        for name in ("sw.js", "js/auth-firebase.js")
    )
    assert kept == used
    assert (
        kept[0] in connect
    )  # a service worker fetches scripts, too, under this part of its policy


def test_it_can_be_installed() -> None:
    manifest = json.loads((WEB / "manifest.webmanifest").read_text())
    assert manifest["display"] == "standalone"
    assert {one["sizes"] for one in manifest["icons"]} >= {"192x192", "512x512"}
    for one in manifest["icons"]:
        assert (WEB / one["src"]).exists()


def test_the_modules_are_asked_for_at_once() -> None:
    preloaded = set(
        re.findall(r'"modulepreload" href="js/([^"]+)"', (WEB / "index.html").read_text())
    )
    imported = {
        name
        for one in (WEB / "js").glob("*.js")
        for name in re.findall(r'^import .* from "\./([^"]+)"', one.read_text(), re.MULTILINE)
    }
    assert preloaded == imported


def test_the_page_can_be_read_in_an_hour() -> None:
    modules = "".join(one.read_text() for one in (WEB / "js").glob("*.js"))
    code = re.sub(r"^ *(//|/?\*).*\n", "", modules, flags=re.MULTILINE)
    assert len(code.encode()) < 60_000
    assert len(modules.encode()) < 73_000  # with comments and types


def test_the_types_of_the_page_and_the_lab_hold() -> None:
    if shutil.which("npx") is None:
        pytest.skip("no npx")
    command = ["npx", "-y", "-p", "typescript@5.9.3", "tsc", "-p", "web/jsconfig.json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
