"""The web app in Firefox: one visit, as a listener makes it."""

from collections.abc import Iterator

import pytest

from tests.support.firefox import FIREFOX, Firefox
from tests.support.page import OVERFLOW, stored
from tests.support.server import Server, until

AT_TIME = """/^0:0[1-9]/.test(document.querySelector("#time")?.textContent)"""
MUTE = """import("/js/player/player.js").then(({ audio }) => { audio.muted = true; })"""
"""Firefox plays no sound on a machine that has no device for it"""
WATCH = """[self.problems = [], addEventListener("error", ({ message }) =>
        message.startsWith("ResizeObserver loop") || problems.push(message)),
    addEventListener("unhandledrejection", (event) => problems.push(String(event.reason))),
    console.error = (...told) => problems.push(told.map(String).join(" "))].length"""
"""collects what the page complains of, from now on; a late ResizeObserver is no fault"""
GUEST = """localStorage["earshot.guest"] = '"guest-test"'"""


@pytest.fixture
def firefox() -> Iterator[Firefox]:
    """The Firefox of this machine."""
    if not FIREFOX:
        pytest.skip("no Firefox")
    firefox = Firefox()
    try:
        firefox.start()
        yield firefox
    finally:
        firefox.close()


def test_firefox_finds_plays_and_saves_an_episode(firefox: Firefox, site: Server) -> None:
    firefox.open(f"{site.url}/style.css")
    firefox.evaluate(GUEST)
    firefox.open(site.url)
    firefox.evaluate(WATCH)
    firefox.until("""document.querySelectorAll("#feed .rail .track a").length > 3""")

    firefox.press("#feed .title a")
    firefox.until("""document.querySelector("#episode .play")?.checkVisibility()""")
    firefox.evaluate(MUTE)
    firefox.press("#episode .play")
    firefox.until(AT_TIME)
    firefox.press("#player button", "Pause")
    firefox.press("#episode button", "Save")
    until(lambda: {"listen", "bookmark"} <= {one["type"] for one in stored(site)})
    firefox.press("#player .now")
    firefox.until("""document.querySelector("#playing .stage")?.checkVisibility()""")

    firefox.press("nav a", "Search")
    firefox.press("#search input[type=search]")
    firefox.type("quant")
    firefox.until("""document.querySelector("#search .found .row-item")?.checkVisibility()""")
    firefox.press("[role=option]")
    firefox.until("""!location.hash.startsWith("#/search")""")

    assert firefox.evaluate("problems") == []
    firefox.press("nav a", "Guest")
    firefox.press("#you button", "Deutsch")
    firefox.until("""document.querySelector("nav a").textContent === "Für dich" """)
    firefox.evaluate(WATCH)
    for direction in ("ltr", "rtl"):
        firefox.evaluate(f"document.documentElement.dir = '{direction}'")
        for view in ("", "search", "saved", "history", "you", "playing"):
            firefox.evaluate(f"location.hash = '#/{view}'")
            firefox.until(f"""!document.querySelector("#view-{view or "feed"}").hidden""")
            assert firefox.evaluate(OVERFLOW) == [], (direction, view)
    assert firefox.evaluate("problems") == []
