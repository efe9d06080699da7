"""Answers of a real function: when each event comes, with an emulated model of known speed.

`python -m benchmarks.ask [--sizes EPISODES ...] [--json FILE]`: each question has three words of
an episode and a conversation of its user. The model takes `FIRST_TOKEN_S` until
its first word. A second run asks the same again, for what is kept then. See docs/ask.md.
"""

import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser, say

SIZES = (10_000, 100_000)
DIMENSION = 256
QUESTIONS = 100
WARM_UP = 5
FIRST_TOKEN_S = 0.05
TOKEN_S = 0.002
EVENTS = ("session", "sources", "token", "done")
ABOUT = (
    "Milliseconds from sending a question to each event, p50 and p99 of 100 questions one after "
    "another, measured by the client; token: the first one. The model takes 50 ms until its first "
    "word, and 2 ms for each. Again: the same questions in the same conversations."
)


def measure_here(episodes: int) -> dict[str, Any]:
    """Publish a catalog of one size, serve it, and ask."""
    import numpy as np  # noqa: PLC0415  # the parent process stays small

    from adapters.folder.shelf import FolderShelf  # noqa: PLC0415
    from benchmarks.data.large_catalog import NOW  # noqa: PLC0415
    from benchmarks.data.worded_catalog import worded_catalog  # noqa: PLC0415
    from benchmarks.harness.measured_function import MeasuredFunction  # noqa: PLC0415
    from catalog_builder.publish.publisher import publish  # noqa: PLC0415
    from emulators.openai.server import MODEL, OpenAiEmulator  # noqa: PLC0415

    rng = np.random.default_rng(3)
    found: dict[str, Any] = {"episodes": episodes}
    with tempfile.TemporaryDirectory() as folder:
        catalog, words, drawn = worded_catalog(episodes, DIMENSION, rng)
        publish(FolderShelf(Path(folder, "shelf")), catalog, force=True)
        del catalog
        asked = [
            " ".join(words[at] for at in rng.choice(drawn[row], 3, replace=False))
            for row in rng.integers(episodes, size=QUESTIONS + WARM_UP)
        ]
        model = OpenAiEmulator(first_token_s=FIRST_TOKEN_S, token_s=TOKEN_S).start()
        settings = {
            "SHELF": str(Path(folder, "shelf")),
            "STORE": str(Path(folder, "users.db")),
            "AUTH": "demo",
            "NOW": NOW.isoformat(),
            "MODELS": "openai",
            "MODEL": MODEL,
            "MODEL_URL": f"{model.url}/v1",
            "MODEL_API_KEY": model.api_key,
            "MODEL_SPACING_S": "0",
        }
        with MeasuredFunction(settings) as function:
            for question in asked[:WARM_UP]:
                _ask(function.port, question)
            for name in ("first", "again"):
                times = [_ask(function.port, question) for question in asked[WARM_UP:]]
                found[name] = {
                    event: [
                        round(float(np.percentile([one[event] for one in times], at)), 1)
                        for at in (50, 99)
                    ]
                    for event in EVENTS
                }
        model.stop()
    return found


def _ask(port: int, question: str) -> dict[str, float]:
    """Ask one question; returns after how many milliseconds the first event of each name came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = json.dumps({"question": question, "conversation": question.replace(" ", "-")})
    times: dict[str, float] = {}
    began = time.perf_counter()
    connection.request("POST", "/api/ask", body, {"X-Demo-User": "ada"})
    answer = connection.getresponse()
    while line := answer.readline():
        name, _, value = line.decode().strip().partition(": ")
        if name == "event":
            times.setdefault(value, 1000 * (time.perf_counter() - began))
        elif "done" in times and name == "data":
            done = json.loads(value)
            if done["degraded"] not in ([], ["summary_missing"]) or not done["stored"]:
                raise RuntimeError(f"{question}: {value}")
    connection.close()
    return times


def measure_size(episodes: int) -> dict[str, Any]:
    """Run `measure_here` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.ask", "--here", str(episodes)]
    found: dict[str, Any] = json.loads(subprocess.check_output(command))  # noqa: S603  # ourselves
    return found


def result(runs: Sequence[dict[str, Any]]) -> BenchmarkResult:
    """The runs as a table."""
    rows = [
        [
            f"{run['episodes']:,}, {name}",
            *(f"{p50:.1f} / {p99:.1f}" for p50, p99 in run[name].values()),
        ]
        for run in runs
        for name in ("first", "again")
    ]
    header = ["episodes", *(f"{event} ms" for event in EVENTS)]
    return BenchmarkResult("ask", ABOUT, [ResultTable("Ask", header, rows)], {"runs": runs})


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every size, print the table and write the JSON file."""
    parser = argument_parser("ask", __doc__ or "")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="EPISODES")
    given = parser.parse_args(arguments)
    runs = []
    for episodes in given.sizes:
        runs.append(measure_size(episodes))
        say(f"{episodes:,} episodes measured")
    result(runs).publish(given.json)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        print(json.dumps(measure_here(int(sys.argv[2]))))  # noqa: T201
    else:
        main()
