"""The web app in the engines of Firefox and Safari: one visit in each, as a listener makes it."""

import json
from collections.abc import Iterator

import pytest

from tests.support.engine import Engine
from tests.support.firefox import Firefox
from tests.support.page import OVERFLOW, stored
from tests.support.server import Server, until
from tests.support.webkit import WebKit

AT_TIME = """/^0:0[1-9]/.test(document.querySelector("#time")?.textContent)"""
MUTE = """import("/js/player/player.js").then(({ audio }) => { audio.muted = true; })"""
"""Firefox plays no sound on a machine that has no device for it"""
WATCH = """[self.problems = [], addEventListener("error", ({ message }) =>
        message.startsWith("ResizeObserver loop") || problems.push(message)),
    addEventListener("unhandledrejection", (event) => problems.push(String(event.reason))),
    console.error = (...told) => problems.push(told.map(String).join(" "))].length"""
"""collects what the page complains of, from now on; a late ResizeObserver is no fault"""
GUEST = """localStorage["earshot.guest"] = '"guest-test"'"""
DRAWN = """document.querySelector("#view-{view}:not([hidden]) #{view}:not(:empty)") &&
    !document.querySelector("#view-{view} .skeleton")"""
TITLE = """document.querySelector("#episode h1")?.textContent"""


@pytest.fixture(params=[Firefox, WebKit])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A browser whose engine is not Chromium's."""
    if not request.param.installed():
        pytest.skip(f"no {request.param.__name__}")
    engine: Engine = request.param()
    try:
        engine.start()
        yield engine
    finally:
        engine.close()


def test_a_visit_finds_plays_and_saves_an_episode_and_goes_on_offline(
    engine: Engine, site: Server
) -> None:
    engine.open(f"{site.url}/style.css")
    engine.evaluate(GUEST)
    engine.open(site.url)
    engine.evaluate(WATCH)
    engine.until("""document.querySelectorAll("#feed .rail .track a").length > 3""")

    engine.press("#feed .title a")
    engine.until("""document.querySelector("#episode .play")?.checkVisibility()""")
    title = engine.evaluate(TITLE)
    engine.evaluate(MUTE)
    engine.press("#episode .play")
    engine.until(AT_TIME)
    engine.press("#player button", "Pause")
    engine.press("#episode button", "Save")
    until(lambda: {"listen", "bookmark"} <= {one["type"] for one in stored(site)})
    engine.press("#player .now")
    engine.until("""document.querySelector("#playing .stage")?.checkVisibility()""")

    engine.press("nav a", "Search")
    engine.press("#search input[type=search]")
    engine.type("quant")
    engine.until("""document.querySelector("#search .found .row-item")?.checkVisibility()""")
    engine.press("[role=option]")
    engine.until("""!location.hash.startsWith("#/search")""")

    assert engine.evaluate("problems") == []
    engine.press("nav a", "Guest")
    engine.press("#you button", "Deutsch")
    engine.until("""document.querySelector("nav a").textContent === "Für dich" """)
    engine.evaluate(WATCH)
    for direction in ("ltr", "rtl"):
        engine.evaluate(f"document.documentElement.dir = '{direction}'")
        for view in ("feed", "search", "saved", "history", "you", "playing"):
            engine.evaluate(f"location.hash = '#/{view}'")
            engine.until(DRAWN.format(view=view))
            assert engine.evaluate(OVERFLOW) == [], (direction, view)
    assert engine.evaluate("problems") == []

    engine.evaluate("navigator.serviceWorker.ready.then(() => true)")
    site.kill()
    engine.open(site.url)
    engine.press("nav a", "Gespeichert")
    engine.until("""document.querySelector("#saved > .quiet")?.checkVisibility()""")
    engine.until("""document.querySelector("#player .now")?.checkVisibility()""")
    engine.press("#saved .title a", title)
    engine.until(f"{TITLE} === {json.dumps(title)}")
