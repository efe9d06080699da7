"""Take the README's pictures of the web app: `make screenshots`."""

import io
import shutil
import tempfile
from pathlib import Path

import msgspec
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from adapters.text_embedder import LsaVectors
from benchmarks.paint import NAMES
from catalog_builder.build import build_catalog
from catalog_builder.episodes import demo
from feed.model.episode import Episode
from tests.browser.conftest import ARGUMENTS
from tests.support.catalogs import NOW, publish_to
from tests.support.page import go, press, refresh, titles, visit
from tests.support.server import DEFAULTS, ROOT, Server
from tests.support.sound import AUDIO, sound

IMAGES = ROOT / "docs/images"
COLOURS = 128


def start(shelf: Path) -> Server:
    """The demo catalog, on the day that the tests take for today."""
    episodes = msgspec.convert(demo.episodes(NOW.date()), list[Episode])
    sounding = [msgspec.structs.replace(one, audio_url=AUDIO) for one in episodes]
    publish_to(shelf, build_catalog(sounding, LsaVectors().vectors(episodes), NOW))
    settings = {
        **DEFAULTS,
        "SHELF": str(shelf),
        "STORE": str(shelf / "users.db"),
        "WEB": str(ROOT / "web"),
    }
    return Server(settings).start()


def take(page: Page, name: str) -> None:
    """One picture, in few colours: small enough for a repository."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    small = picture.quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(IMAGES / f"{name}.png", optimize=True)


def feed(page: Page, site: Server, user: str) -> None:
    """A feed that has been bent."""
    first = visit(page, site, user)[0]
    press(page, f"Save: {first}")
    refresh(page)
    reason = page.locator(".reason", has_text="Because you bookmarked").first
    expect(reason).to_be_visible()
    page.locator("#toast").get_by_role("button", name="Dismiss").click()


def main() -> None:
    """Take them all."""
    IMAGES.mkdir(exist_ok=True)
    executable = next(filter(None, map(shutil.which, NAMES)))
    with tempfile.TemporaryDirectory() as shelf, sync_playwright() as playwright:
        site = start(Path(shelf))
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        try:
            wide = browser.new_context(
                viewport={"width": 1100, "height": 760}, service_workers="block"
            ).new_page()
            feed(wide, site, "ada")
            wide.locator(".reason", has_text="Because you bookmarked").first.click()
            wide.evaluate("scrollTo(0, 0)")
            take(wide, "feed-wide")
            narrow = browser.new_context(
                viewport={"width": 390, "height": 800}, color_scheme="dark", service_workers="block"
            ).new_page()
            sound(narrow, 120)
            feed(narrow, site, "ben")
            narrow.locator("#feed .play").first.click()
            expect(narrow.locator("#player")).to_contain_text("0:01 / 2:00")
            take(narrow, "feed-narrow")
            for title in titles(narrow)[1:5]:
                press(narrow, f"Like: {title}")
            narrow.locator("#toast").get_by_role("button", name="Dismiss").click()
            welcome = browser.new_context(
                viewport={"width": 390, "height": 800}, service_workers="block"
            ).new_page()
            visit(welcome, site, "cleo", known=False)
            take(welcome, "welcome")
            go(narrow, "history")
            take(narrow, "history")
        finally:
            browser.close()
            site.kill()


if __name__ == "__main__":
    main()
