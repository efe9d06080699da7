"""Take the pictures of the README and the docs: `make screenshots`."""

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from benchmarks.paint import NAMES
from tests.browser.conftest import ARGUMENTS
from tests.support.page import titles
from tests.support.server import DEFAULTS, ROOT, Server

IMAGES = ROOT / "docs/images"
COLOURS = 160
APP = "index.html"  # the app as in a deployment: at "/" there is the demo's line
PHONE, WIDE = (390, 800), (1280, 800)


def start(folder: Path) -> Server:
    """What `make run` serves, with the demo's listeners."""
    settings = {
        **{name: value for name, value in DEFAULTS.items() if name != "NOW"},
        "SHELF": str(folder),
        "STORE": str(folder / "users.db"),
        "WEB": str(ROOT / "web"),
    }
    python, environment = sys.executable, {"PATH": os.environ["PATH"], **settings}
    publish = [python, "-m", "catalog_builder", "publish", "--shelf", str(folder)]
    publish += ["--users", str(folder / "users.db")]
    for command in (publish, [python, "-m", "functions.demo"]):
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return Server(settings).start()


def take(shown: Page | Locator, name: str) -> None:
    """One picture, in few colours: small enough for a repository."""
    picture = Image.open(io.BytesIO(shown.screenshot())).convert("RGB")
    small = picture.quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(IMAGES / f"{name}.png", optimize=True)


def page_of(
    browser: Browser,
    size: tuple[int, int],
    user: str,
    colours: Literal["light", "dark"] = "light",
) -> Page:
    """A page in a profile of its own, as one of the demo's listeners."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=colours, service_workers="block"
    )
    page = context.new_page()
    page.add_init_script(f"""localStorage["earshot.user"] = '"{user}"'""")
    return page


def home(browser: Browser, url: str) -> None:
    page = page_of(browser, WIDE, "cleo")
    page.goto(f"{url}/{APP}")
    titles(page)
    expect(page.locator(".tile").nth(4)).to_be_visible()
    page.wait_for_load_state("networkidle")
    take(page, "feed-wide")


def playing(browser: Browser, url: str) -> None:
    page = page_of(browser, PHONE, "ben", "dark")
    page.goto(f"{url}/{APP}")
    titles(page)
    page.locator("#feed .play").first.click()
    expect(page.locator("#player")).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    take(page, "feed-narrow")
    page.goto(f"{url}/{APP}#/playing")
    expect(page.locator("#playing li").nth(4)).to_be_visible()
    take(page, "playing")


def pages(browser: Browser, url: str) -> None:
    page = page_of(browser, WIDE, "ada")
    page.goto(f"{url}/{APP}")
    first = titles(page)[0]
    page.get_by_role("link", name=first, exact=True).first.click()
    expect(page.locator("#view-episode")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, 0)")
    take(page, "episode")
    page.goto(f"{url}/{APP}#/trending")
    expect(page.locator("#trending .row-item").first).to_be_visible()
    take(page, "trending")


def library(browser: Browser, url: str) -> None:
    page = page_of(browser, PHONE, "cleo")
    page.goto(f"{url}/{APP}#/history")
    expect(page.locator("#history .row-item").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    take(page, "history")


def tour(browser: Browser, url: str) -> None:
    page = page_of(browser, WIDE, "guest-tour")
    page.goto(url)
    page.get_by_role("button", name="Two-minute tour").click()
    for place in (0, 3, 5):
        page.locator(".tour li button").nth(place).click()
    page.get_by_role("button", name="See what changes").click()
    expect(page.get_by_role("button", name="See why")).to_be_visible()
    page.wait_for_timeout(1000)  # until what is new is no longer marked
    take(page.locator(".tour"), "tour")


def lab(browser: Browser, url: str) -> None:
    page = page_of(browser, (1440, 900), "ada")
    page.goto(f"{url}/lab.html")
    page.locator("#whose").select_option("ada")
    expect(page.get_by_text("in the user vector")).to_have_count(2)
    take(page, "lab")


PICTURES: tuple[Callable[[Browser, str], None], ...] = (home, playing, pages, library, tour, lab)


def main() -> None:
    """Take them all."""
    IMAGES.mkdir(exist_ok=True)
    executable = next(filter(None, map(shutil.which, NAMES)))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = start(Path(folder))
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        try:
            for picture in PICTURES:
                picture(browser, site.url)
        finally:
            browser.close()
            site.kill()


if __name__ == "__main__":
    main()
