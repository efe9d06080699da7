"""The installed app: its shell works offline, and its cache holds no user's feed."""

import gzip
import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.page import cached, titles
from tests.support.server import ROOT, Server

WEB = ROOT / "web"
NOT_SHELL = {"sw.js", "jsconfig.json"}


def shipped() -> set[str]:
    files = {str(one.relative_to(WEB)) for one in WEB.rglob("*") if one.is_file()}
    lab = {one for one in files if one.startswith("lab")}
    return {one for one in files - NOT_SHELL - lab if not one.endswith(".d.ts")}


def code() -> set[str]:
    """What Hosting serves but pictures; what only a type checker reads is not served."""
    files = {str(one.relative_to(WEB)) for one in WEB.rglob("*") if one.is_file()}
    return {one for one in files if not one.endswith((".d.ts", "jsconfig.json", ".png"))}


def test_the_shell_opens_offline_and_caches_no_api_answer(
    installed_page: Page, site: Server
) -> None:
    page, context = installed_page, installed_page.context
    expect(page.locator("#feed")).to_be_visible()
    kept = [url.removeprefix(site.url) for url in cached(page)]
    names = {one.removeprefix("/") or "index.html" for one in kept}
    assert names - {"__/firebase/init.json"} == shipped()
    assert not [one for one in kept if one.startswith("/api")]
    site.kill()
    page.close()
    page = context.new_page()
    page.goto(site.url)
    expect(page.locator("#notice")).to_contain_text("It cannot be reached just now")
    site.start()
    titles(page)


def test_the_service_worker_caches_the_sign_in_sdk_and_may_fetch_it() -> None:
    policy = json.loads((ROOT / "firebase.json").read_text())["hosting"]["headers"][0]["headers"][0]
    connect = re.findall(r"connect-src ([^;]*)", policy["value"])[0].split()
    kept, used = (
        re.findall(r'SDK = "(https://[^/"]+)([^"]+)"', (WEB / name).read_text())[0]
        for name in ("sw.js", "js/auth/firebase.js")
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


def imported_by(module: Path) -> set[Path]:
    """The modules that come with a module: itself, and what it imports before it runs."""
    found, ahead = {module}, [module]
    while ahead:
        module = ahead.pop()
        names = re.findall(r'^import .* from "(.+)"', module.read_text(), re.MULTILINE)
        new = {(module.parent / name).resolve() for name in names}
        ahead += new - found
        found |= new
    return found


def zipped(files: Iterable[Path]) -> int:
    """Bytes on the wire, file by file, as Hosting compresses them."""
    return sum(len(gzip.compress(one.read_bytes(), 9)) for one in files)


def test_the_modules_of_the_first_page_are_preloaded() -> None:
    frame = (WEB / "index.html").read_text()
    preloaded = {WEB / one for one in re.findall(r'"modulepreload" href="([^"]+)"', frame)}
    assert preloaded == imported_by(WEB / "js/main.js") | {WEB / "js/main.js"}


def test_the_page_stays_within_its_transfer_size() -> None:
    frame = (WEB / "index.html").read_text()
    frame = re.sub(r'<link rel="apple-touch-icon".*', "", frame)  # asked for when it is installed
    named = re.findall(r'<(?:link|script|use)\b[^>]* (?:href|src)="/?([^"#]+)', frame)
    linked = {WEB / one for one in named if (WEB / one).is_file()}
    assert {one.name for one in linked} >= {"style.css", "icons.svg", "main.js", "config.json"}
    first_page = linked | imported_by(WEB / "js/main.js") | {WEB / "index.html"}
    lab = {one for one in code() if one.startswith("lab")}  # no listener loads it
    languages = {one for one in code() if one.startswith("languages/")}  # one of them is loaded
    assert zipped(first_page) <= 40_000
    assert zipped(WEB / one for one in code() - lab - languages) <= 90_000
    assert zipped(WEB / one for one in lab) <= 15_000
    assert max(zipped([WEB / one]) for one in languages) <= 9_000


def test_the_page_and_the_lab_pass_the_type_checker() -> None:
    if shutil.which("npx") is None:
        pytest.skip("no npx")
    command = ["npx", "-y", "-p", "typescript@5.9.3", "tsc", "-p", "web/jsconfig.json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
