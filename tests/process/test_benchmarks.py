"""Benchmarks of whole processes run at tiny sizes and measure what they say."""

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import build, cold, http
from benchmarks.harness import measurement
from benchmarks.harness.dataset import SyntheticDataset
from benchmarks.harness.measurement import group_members
from emulators.firestore import emulator_jar
from emulators.process import MissingError
from tests.support.server import ROOT, until


@pytest.fixture(autouse=True)
def no_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measurement, "WARM_UPS", 0)


def measured(tmp_path: Path, name: str, *options: str) -> dict[str, Any]:
    """The figures that a benchmark wrote, once its tables are found complete."""
    out = tmp_path / "found.json"
    importlib.import_module(f"benchmarks.{name}").main([*options, "--json", str(out)])
    result: dict[str, Any] = json.loads(out.read_text())
    assert result["name"] == name
    for table in result["tables"]:
        assert {len(row) for row in table["rows"]} == {len(table["header"])}
    return result["found"]


@pytest.mark.usefixtures("firestore_project")
def test_sessions_over_http_are_measured_beside_a_constant_of_their_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "WARM_UP_S", 0.2)
    options = ["--episodes", "300", "--users", "5", "--connections", "1"]
    found = measured(tmp_path, "http", *options, "--seconds", "0.3", "--rounds", "1")
    functions = {name: by_connections["1"] for name, by_connections in found["contenders"].items()}
    users = ["SQLite", "Firestore emulator", "Firestore emulator, returning"]
    assert list(functions) == [*users, "constant", "constant, as busy"]
    for figures in functions.values():
        assert 0 < figures["p50"]["median"] <= figures["p99"]["median"]
        assert figures["processor_ms"]["least"] > 0
    assert functions["Firestore emulator"]["summary_ms"]["median"] > 0
    assert functions["SQLite"]["beyond_ms"]["median"] < functions["SQLite"]["p50"]["median"]
    assert functions["constant, as busy"]["p50"]["median"] > functions["constant"]["p50"]["median"]
    sizes = [figures["bytes"]["median"] for figures in functions.values()]
    assert max(sizes) < 1.1 * min(sizes)


@pytest.mark.usefixtures("firestore_project")
def test_the_steps_of_a_cold_start_add_up_to_all_of_it(tmp_path: Path) -> None:
    starts = measured(tmp_path, "cold", "--sizes", "300", "--starts", "1")["starts"]
    assert [one["users"] for one in starts] == ["SQLite", "Firestore emulator"]
    for one in starts:
        steps = {step: one[step]["median"] for step in cold.STEPS}
        assert min(steps.values()) > 0
        assert sum(steps.values()) == pytest.approx(one["all"]["median"])
        assert one["store"]["median"] < steps["first session"]
        assert one["memory_mb"]["median"] > 30


def test_a_build_is_measured_from_reading_episodes_to_loading_the_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "LOADS", ("folder", "bucket"))
    (one,) = measured(tmp_path, "build", "--sizes", "400", "--loads", "1")["sizes"]
    run = one["built"]
    assert set(run["seconds"]) == set(build.STEPS)
    assert min(run["seconds"].values()) > 0
    assert run["peak_mb"] > 50
    assert run["processor_s"] > 0
    assert 0.4 < run["size_mb"] < 4
    assert one["stored"]["packed_mb"] < 0.9 * run["size_mb"]
    assert list(one["loads"]) == ["folder", "bucket"]
    for load in one["loads"].values():
        assert load["processor_s"]["median"] > 0
        assert 0 < load["seconds"]["least"] <= load["seconds"]["most"]


def test_events_are_measured_from_their_write_to_the_summary(tmp_path: Path) -> None:
    try:
        emulator_jar()
    except MissingError as missing:
        pytest.skip(str(missing))
    options = ["--events", "20", "--users", "5", "--probes", "3"]
    found = measured(tmp_path, "summary", *options)
    bursts = [found["one user"], found["many users"]]
    assert [(one["users"], one["events"]) for one in bursts] == [(1, 20), (5, 20)]
    for burst in bursts:
        assert burst["written_per_s"] >= burst["handled_per_s"] > 0
        assert burst["processor_ms"] > 0
        assert 0 < burst["summary_writes"] < 2  # those of the burst before may arrive late
    assert 0 < found["commit_to_summary_ms"]["p50"] <= found["commit_to_summary_ms"]["p99"]


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv")
def test_a_function_ends_with_the_benchmark_that_started_it(tmp_path: Path) -> None:
    SyntheticDataset(300, users=2).publish(tmp_path)
    start = (
        "import sys, time, urllib.request\n"
        "from benchmarks.harness.measured_function import MeasuredFunction\n"
        "settings = {'SHELF': sys.argv[1], 'STORE': sys.argv[1] + '/users.db'}\n"
        "served = MeasuredFunction(settings).__enter__()\n"
        # A worker that is still starting misses the signal, and is ended 30 s later.
        "urllib.request.urlopen(served.url + '/api/health').close()\n"
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
