"""Benchmarks of whole processes run at tiny sizes and measure what they say."""

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import build, cold
from benchmarks.harness.dataset import SyntheticDataset
from benchmarks.harness.measurement import group_members
from emulators.firestore import emulator_jar
from emulators.process import MissingError
from tests.support.server import ROOT, until


def found(tmp_path: Path, name: str, *options: str) -> dict[str, Any]:
    """What a benchmark wrote."""
    out = tmp_path / "found.json"
    importlib.import_module(f"benchmarks.{name}").main([*options, "--json", str(out)])
    result: dict[str, Any] = json.loads(out.read_text())
    assert result["name"] == name
    for table in result["tables"]:
        assert {len(row) for row in table["rows"]} == {len(table["header"])}
    return result["found"]


@pytest.fixture
def emulator() -> None:
    try:
        emulator_jar()
    except MissingError as missing:
        pytest.skip(str(missing))


@pytest.mark.usefixtures("emulator")
def test_sessions_over_http_are_measured_beside_a_constant_of_their_size(tmp_path: Path) -> None:
    options = ["--episodes", "300", "--users", "5", "--connections", "1", "2"]
    one = found(tmp_path, "http", *options, "--seconds", "0.3", "--rounds", "1")
    assert list(one["contenders"]) == [
        *("SQLite", "Firestore emulator", "constant", "constant, as busy")
    ]
    for by_connections in one["contenders"].values():
        assert list(by_connections) == ["1", "2"]
        for figures in by_connections.values():
            assert 0 < figures["p50"]["median"] <= figures["p99"]["median"]
            assert figures["processor_ms"]["least"] > 0
    at_one = {name: by["1"] for name, by in one["contenders"].items()}
    assert at_one["Firestore emulator"]["summary_ms"]["median"] > 0
    assert at_one["SQLite"]["beyond_ms"]["median"] < at_one["SQLite"]["p50"]["median"]
    assert at_one["constant, as busy"]["p50"]["median"] > at_one["constant"]["p50"]["median"]
    sizes = [figures["bytes"]["median"] for figures in at_one.values()]
    assert max(sizes) < 1.1 * min(sizes)


@pytest.mark.usefixtures("emulator")
def test_a_cold_start_is_split_into_steps_that_make_up_all_of_it(tmp_path: Path) -> None:
    starts = found(tmp_path, "cold", "--sizes", "300", "--starts", "1")["starts"]
    assert [one["users"] for one in starts] == ["SQLite", "Firestore emulator"]
    for one in starts:
        steps = {step: one[step]["median"] for step in cold.STEPS}
        assert min(steps.values()) > 0
        assert sum(steps.values()) == pytest.approx(one["all"]["median"])
        assert one["store"]["median"] < steps["first session"]
        assert one["memory_mb"]["median"] > 30


def test_a_build_is_followed_from_its_episodes_to_its_loading(
    tmp_path: Path,
) -> None:
    (one,) = found(tmp_path, "build", "--sizes", "400", "--loads", "1")["sizes"]
    run = one["built"]
    assert set(run["seconds"]) == set(build.STEPS)
    assert min(run["seconds"].values()) > 0
    assert run["peak_mb"] > 50
    assert run["processor_s"] > 0
    assert 0.4 < run["size_mb"] < 4
    assert list(one["loads"]) == list(build.LOADS)
    for load in one["loads"].values():
        assert load["processor_s"]["median"] > 0
        assert 0 < load["seconds"]["least"] <= load["seconds"]["most"]
    assert one["stored"]["packed_mb"] < 0.9 * run["size_mb"]


@pytest.mark.usefixtures("emulator")
def test_events_are_followed_from_their_write_to_the_summary(tmp_path: Path) -> None:
    options = ["--events", "20", "--users", "5", "--probes", "3"]
    one = found(tmp_path, "summary", *options)
    assert (one["one user"]["users"], one["one user"]["events"]) == (1, 20)
    assert (one["many users"]["users"], one["many users"]["events"]) == (5, 20)
    for burst in (one["one user"], one["many users"]):
        assert burst["written_per_s"] >= burst["handled_per_s"] > 0
        assert burst["processor_ms"] > 0
        assert 0 < burst["summary_writes"] < 2  # those of the burst before may come late
    assert 0 < one["commit_to_summary_ms"]["p50"] <= one["commit_to_summary_ms"]["p99"]


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv")
def test_a_function_ends_with_the_benchmark_that_started_it(tmp_path: Path) -> None:
    SyntheticDataset(300, users=2).publish(tmp_path)
    start = (
        "import sys, time\n"
        "from benchmarks.harness.function_process import FunctionProcess\n"
        "settings = {'SHELF': sys.argv[1], 'STORE': sys.argv[1] + '/users.db'}\n"
        "served = FunctionProcess(settings).__enter__()\n"
        "print(served.group, flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", start, str(tmp_path)]
    benchmark = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert benchmark.stdout is not None
    group = int(benchmark.stdout.readline())
    assert group_members(group)
    benchmark.kill()
    benchmark.wait()
    until(lambda: not group_members(group), 30)
