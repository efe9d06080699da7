"""Paint: from the answer of a session to its first card on the screen, in a real browser.

`python -m benchmarks.paint [--loads N] [--json FILE]`: the web app as a first visit opens it, on a
window of a phone's size: on this machine, with its processor slowed down as phones are, and over a
phone's connection, too. Needs Chromium.
"""

import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import Browser, sync_playwright

from benchmarks.harness.dataset import SyntheticDataset
from benchmarks.harness.measured_function import ROOT, MeasuredFunction
from benchmarks.harness.measurement import measure_in_turns
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser, say

EPISODES = 2_000
WINDOW = {"width": 390, "height": 844}
MBIT = 1e6 / 8
"""bytes"""


class Device(msgspec.Struct, frozen=True):
    """What loads the page: how many times slower than this machine, over which connection."""

    name: str
    slowed: int = 1
    latency_ms: int = 0
    mbit_s: float = 0


DEVICES = (
    Device("this machine"),
    Device("slow processor", slowed=4),
    Device("phone", slowed=4, latency_ms=150, mbit_s=1.6),
)
"""the last one is what Lighthouse takes for a phone on slow 4G"""
NAMES = ("chromium", "chromium-browser", "google-chrome")
WHEN_PAINTED = """
window.painted = new Promise((resolve) => new MutationObserver((_, observer) => {
  if (!document.querySelector("#feed article")) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
}).observe(document, { childList: true, subtree: true }));
"""
"""A frame's callbacks run before it is painted, a task that they start runs after it."""
FOUND = """window.painted.then((painted) => {
  const asked = performance.getEntriesByType("resource");
  const session = asked.find(({ name }) => name.endsWith("/sessions/create"));
  return { asked: session.startTime, delay: painted - session.responseEnd, painted };
})"""
"""Evaluated by the browser itself: waiting by Playwright runs its scripts in the page."""
ABOUT = (
    "Milliseconds, medians of the loads; in brackets minimum and maximum. Each load is a first "
    f"visit with nothing stored, at {WINDOW['width']} x {WINDOW['height']}. Slowed: Chromium's "
    "own throttling of the page's processor, 4 times. Phone: so slowed, and each request "
    "takes 150 ms and shares 1.6 Mbit/s. Asked: from the start of the navigation to the "
    "request for the session. Answered to painted: from the last byte of its answer to the frame "
    "that shows the first card. The function is a real process beside, on the same machine."
)


def load(browser: Browser, url: str, device: Device) -> dict[str, float]:
    """Load the page once; returns milliseconds from the navigation to each event."""
    context = browser.new_context(viewport=WINDOW, service_workers="block")  # type: ignore[arg-type]
    try:
        page = context.new_page()
        page.add_init_script(WHEN_PAINTED)
        devtools = context.new_cdp_session(page)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": device.slowed})
        if device.mbit_s:
            throughput = device.mbit_s * MBIT
            conditions = {
                "offline": False,
                "latency": device.latency_ms,
                "downloadThroughput": throughput,
                "uploadThroughput": throughput / 2,
            }
            devtools.send("Network.emulateNetworkConditions", conditions)
        page.goto(url)
        expression = {"expression": FOUND, "awaitPromise": True, "returnByValue": True}
        answer = devtools.send("Runtime.evaluate", expression)
        found: dict[str, float] = answer["result"]["value"]
    finally:
        context.close()
    return found


def measure(executable: str, loads: int) -> list[dict[str, Any]]:
    """By device: spreads of its loads, which take turns; the first load of each warms up."""
    dataset = SyntheticDataset(EPISODES, users=1)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        settings = dataset.publish(folder / "shelf") | {"WEB": str(ROOT / "web")}
        settings |= {"STORE": str(folder / "users.db")}
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        with MeasuredFunction(settings) as served:
            tasks = {one.name: partial(load, browser, served.url, one) for one in DEVICES}
            found = measure_in_turns(tasks, loads)
        browser.close()
    return [{"device": name, **figures} for name, figures in found.items()]


def result(measurements: Sequence[dict[str, Any]]) -> BenchmarkResult:
    """The measurements of page loads as a table."""
    rows = [
        [one["device"], *(one[name].shown(0) for name in ("asked", "delay", "painted"))]
        for one in measurements
    ]
    header = ["device", "asked ms", "answered to painted ms", "painted ms"]
    return BenchmarkResult(
        "paint", ABOUT, [ResultTable("The first card", header, rows)], {"loads": list(measurements)}
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure page loads, print the tables and write the JSON file."""
    parser = argument_parser("paint", __doc__ or "")
    parser.add_argument("--loads", type=int, default=15, metavar="N", help="loads (default: 15)")
    given = parser.parse_args(arguments)
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        say("left out: Chromium is not installed")
        return
    result(measure(executable, given.loads)).publish(given.json)


if __name__ == "__main__":
    main()
