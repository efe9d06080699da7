"""Telemetry: how long each step took, one log line per request, and counters for Prometheus."""

import logging
import re
import sys
import time
import traceback
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from functions.auth.pseudonyms import Pseudonyms

MOST_CHARACTERS = 2000
"""of a text in the log"""
_USER_IN_PATH = re.compile(
    r"\busers/([^/\n]{1,1500}(?=/(?:engagements|summaries|earshot)\b)|[^/\s\"'`,;)]+)"
)


_pseudonyms = Pseudonyms(b"")

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Timings:
    """The steps of one request, in the order in which they ended."""

    def __init__(self, route: str = "") -> None:
        self.route = route
        """which resource answers, once that is known"""
        self.refusal: str | None = None
        """why the request was not let in, if it was not"""
        self.started = time.perf_counter()
        self.steps_ms: dict[str, float] = {}
        self.facts: dict[str, Any] = {}
        """what else the log line should say"""

    def refuse(self, why: str) -> None:
        """Note that the request was not let in."""
        self.refusal = why

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what is done inside."""
        started = time.perf_counter()
        try:
            yield
        finally:
            elapsed_ms = (time.perf_counter() - started) * 1000
            self.steps_ms[name] = round(self.steps_ms.get(name, 0) + elapsed_ms, 3)

    @property
    def total_s(self) -> float:
        """Seconds since the request arrived."""
        return time.perf_counter() - self.started

    def header(self) -> str:
        """As `Server-Timing` (milliseconds)."""
        steps = [f"{name};dur={ms}" for name, ms in self.steps_ms.items()]
        return ", ".join([*steps, f"total;dur={self.total_s * 1000:.3f}"])


class Metrics:
    """Counts since the process started."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()
        """by route, method and status"""
        self.seconds: Counter[str] = Counter()
        self.buckets: dict[str, list[int]] = {}
        """by route, one per bound of `BUCKETS_S` and one beyond"""
        self.degraded: Counter[str] = Counter()

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request."""
        self.requests[route, method, status] += 1
        self.seconds[route] += seconds  # type: ignore[assignment]  # a Counter adds floats too
        buckets = self.buckets.setdefault(route, [0] * (len(BUCKETS_S) + 1))
        buckets[bisect_left(BUCKETS_S, seconds)] += 1

    def text(self, catalog_created_s: float | None) -> bytes:
        """As Prometheus text. The library is loaded by whoever asks, not by a session."""
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415
        from prometheus_client.core import (  # noqa: PLC0415
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
            Metric,
        )

        requests = CounterMetricFamily(
            "earshot_requests", "Requests answered", labels=["route", "method", "status"]
        )
        for (route, method, status), number in self.requests.items():
            requests.add_metric([route, method, str(status)], number)
        latency = HistogramMetricFamily(
            "earshot_request_seconds", "Time to answer", labels=["route"]
        )
        for route, buckets in self.buckets.items():
            bounds = [*map(str, BUCKETS_S), "+Inf"]
            running = [sum(buckets[: i + 1]) for i in range(len(buckets))]
            pairs = list(zip(bounds, running, strict=True))
            latency.add_metric([route], pairs, self.seconds[route])
        degraded = CounterMetricFamily(
            "earshot_degraded", "Answers that had to do without something", labels=["what"]
        )
        for what, number in self.degraded.items():
            degraded.add_metric([what], number)
        families: list[Metric] = [requests, latency, degraded]
        if catalog_created_s is not None:
            created = "When the catalog in memory was created, seconds since 1970"
            families.append(
                GaugeMetricFamily("earshot_catalog_created_seconds", created, catalog_created_s)
            )

        class Once:
            def collect(self) -> Iterator[Metric]:
                return iter(families)

        registry = CollectorRegistry(auto_describe=False)
        registry.register(Once())
        return generate_latest(registry)


def log(severity: str, message: str, **fields: Any) -> None:
    """One JSON line on standard output, as Cloud Logging reads it.

    Every text in it is bounded, and a path of a user's document has their pseudonym in it.
    """
    entry = {"severity": severity, "message": message, **fields}
    line = msgspec.json.encode(entry)
    if len(line) > MOST_CHARACTERS or b"users/" in line:
        line = msgspec.json.encode(_tidy(msgspec.to_builtins(entry)))
    sys.stdout.write(line.decode() + "\n")
    sys.stdout.flush()


def log_error(message: str, error: BaseException) -> None:
    """An error nobody expected, with its trace."""
    lines = traceback.format_exception(error)
    while len(lines) > 1 and sum(map(len, lines)) > MOST_CHARACTERS:
        del lines[0]  # what is nearest to the error says most
    log("ERROR", message, stack_trace="".join(lines))


def _tidy(value: Any) -> Any:
    """A value of builtin types with every text in it bounded, and no user's id in a path."""
    if isinstance(value, str):
        text = _USER_IN_PATH.sub(lambda found: f"users/{_pseudonyms.of(found[1])}", value)
        return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
    if isinstance(value, dict):
        return {_tidy(key): _tidy(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_tidy(one) for one in value]
    return value


def name_users(pseudonyms: Pseudonyms) -> None:
    """Say what the log calls users in place of their ids. Until then all are one."""
    global _pseudonyms  # noqa: PLW0603  # the log is one for the process
    _pseudonyms = pseudonyms


class _Lines(logging.Handler):
    """Writes what libraries log as lines of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """One record, with its trace if it has one."""
        if record.exc_info and record.exc_info[1]:
            log_error(record.getMessage(), record.exc_info[1])
        else:
            log(record.levelname, record.getMessage(), logger=record.name)


def take_over_logging() -> None:
    """Have all that is logged in this process, from warnings on, written by `log`."""
    logging.basicConfig(level=logging.WARNING, handlers=[_Lines()], force=True)
