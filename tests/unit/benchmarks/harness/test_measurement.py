"""Quantiles, spreads, and the processor time and memory of processes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from benchmarks.harness.driver import LoadResult, server_timing_ms
from benchmarks.harness.measurement import Spread, group_members, memory_mb, processor_s, quantiles
from benchmarks.http import beyond_ms

SPIN = """
import os, threading, time
block = bytearray(50_000_000)
block[::4096] = b"1" * len(block[::4096])
os.fork()
def work():
    began = time.process_time()
    while time.process_time() - began < 0.3: pass
if os.fork(): threading.Thread(target=work).start()
time.sleep(60)
"""


@pytest.fixture
def group() -> Iterator[int]:
    """Four processes, two of which work for 0.3 s in a thread; a block of memory is shared."""
    process = subprocess.Popen([sys.executable, "-c", SPIN], start_new_session=True)
    yield process.pid
    os.killpg(process.pid, 9)
    process.wait()


def test_processor_time_and_memory_of_a_group_include_all_its_processes(group: int) -> None:
    deadline = time.monotonic() + 30
    while processor_s(group) < 0.6 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(group_members(group)) == 4
    assert 0.6 <= processor_s(group) < 3
    assert 50 < memory_mb(group) < 150  # not four times 50


def test_a_group_that_has_ended_has_no_processes_and_no_time() -> None:
    assert group_members(2**22 + 1) == []
    assert processor_s(2**22 + 1) == 0


def test_quantiles_are_those_of_the_values() -> None:
    assert quantiles([*range(101)]) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert quantiles([]) == {}


def test_a_spread_is_a_median_with_minimum_and_maximum() -> None:
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)
    assert Spread(1234.5, 1.0, 2000.0).shown(1) == "1,234.5 (1.0-2,000.0)"


def test_server_timing_is_parsed_by_step() -> None:
    assert server_timing_ms("rank;dur=1.5, total;dur=2.25") == {"rank": 1.5, "total": 2.25}
    assert server_timing_ms("") == {}
    assert server_timing_ms('cache;desc="hit"') == {}


def test_latency_beyond_the_engine_excludes_its_steps() -> None:
    driven = LoadResult(
        latencies_ms=[10.0, 5.0],
        timings=["summary;dur=1, rank;dur=4, encode;dur=0.5, total;dur=7", ""],
    )
    assert beyond_ms(driven) == [4.5, 5.0]
