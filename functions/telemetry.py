"""Telemetry: the timings of a request, structured log lines, and counters for Prometheus."""

import logging
import re
import sys
import time
import traceback
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate
from typing import Any, Literal, NamedTuple

import msgspec

from functions.auth.pseudonyms import Pseudonyms

MAX_TEXT_CHARS = 2000
"""of each text in the log"""
_USER_IN_PATH = re.compile(
    r"\busers/([^/\n]{1,1500}(?=/(?:engagements|summaries|earshot)\b)|[^/\s\"'`,;)]+)"
)
_LONG_TEXT = re.compile(rb'"(?:[^"\\]|\\.){%d}' % MAX_TEXT_CHARS)
"""in JSON: what may be a text of so many characters, and is one or a long list of numbers"""
_pseudonyms = Pseudonyms(b"")

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Timings:
    """The timings of one request, and what else its log line says."""

    def __init__(self, route: str = "") -> None:
        self.route = route
        """the pattern of the path, once the request is routed"""
        self.writer: str | None = None
        """id of the user whose stored data the request changes, if it does"""
        self.refusal: str | None = None
        """why the request was refused before any work was done, if it was"""
        self.started = time.perf_counter()
        self.steps_ms: dict[str, float] = {}
        """in the order in which the steps ended"""
        self.log_fields: dict[str, Any] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Add the time spent in the context to a step."""
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
        """Return the value of the header `Server-Timing`, in milliseconds."""
        steps = [f"{name};dur={ms}" for name, ms in self.steps_ms.items()]
        return ", ".join([*steps, f"total;dur={self.total_s * 1000:.3f}"])


class Use(NamedTuple):
    """How much of something bounded is used at present."""

    used: int
    limit: int
    """0: no limit"""
    unit: Literal["requests", "entries", "bytes"] = "entries"


class Histogram:
    """Durations by a label, counted in the buckets of `BUCKETS_S`."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._buckets: dict[str, list[int]] = {}
        """by label, one per bound of `BUCKETS_S` and one beyond"""

    def observe(self, label: str, seconds: float) -> None:
        """Count one duration."""
        self._seconds[label] = self._seconds.get(label, 0.0) + seconds
        buckets = self._buckets.setdefault(label, [0] * (len(BUCKETS_S) + 1))
        buckets[bisect_left(BUCKETS_S, seconds)] += 1

    def running(self) -> Iterator[tuple[str, list[tuple[str, float]], float]]:
        """Yield each label, how many took at most each bound, and the sum of all in seconds."""
        bounds = [*map(str, BUCKETS_S), "+Inf"]
        for label, buckets in self._buckets.items():
            yield label, list(zip(bounds, accumulate(buckets), strict=True)), self._seconds[label]


class Metrics:
    """Counters since the process started."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()
        """by route, method and status"""
        self.seconds = Histogram()
        """by route"""
        self.answer_seconds = Histogram()
        """of `POST /api/ask`, until its `first_event` and its `first_token`"""
        self.degraded: Counter[str] = Counter()
        self.malformed: Mapping[tuple[str, str], int] = {}
        """documents of users that are not understood, by source and reason"""
        self.calls: Counter[tuple[str, str]] = Counter()
        """to other services, by service and result"""
        self.cache_lookups: Counter[tuple[str, bool]] = Counter()
        """by cache, and whether the answer was there"""
        self.caches: dict[str, Callable[[], Use]] = {}
        """how full each cache is, by the name under which its lookups are counted"""
        self.under_way: dict[str, Callable[[], Use]] = {}
        """what the instance works on, by kind of request"""

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request and its duration."""
        self.requests[route, method, status] += 1
        self.seconds.observe(route, seconds)

    def count_call(self, service: str, result: str) -> None:
        """Count one call to another service; the result is `ok`, or a word for what went wrong."""
        self.calls[service, result] += 1

    def count_lookup(self, cache: str, *, hit: bool) -> None:
        """Count one lookup in a cache."""
        self.cache_lookups[cache, hit] += 1

    def text(self, catalog_created_s: float | None) -> bytes:
        """Return all counters in the text format of Prometheus, whose library is loaded here."""
        from prometheus_client import generate_latest  # noqa: PLC0415
        from prometheus_client.core import (  # noqa: PLC0415
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
            Metric,
        )
        from prometheus_client.registry import Collector  # noqa: PLC0415

        requests = CounterMetricFamily(
            "earshot_requests", "Requests answered", labels=["route", "method", "status"]
        )
        for (route, method, status), number in self.requests.items():
            requests.add_metric([route, method, str(status)], number)
        latency = HistogramMetricFamily(
            "earshot_request_seconds", "Time to answer", labels=["route"]
        )
        for route, pairs, total_s in self.seconds.running():
            latency.add_metric([route], pairs, total_s)
        answers = HistogramMetricFamily(
            "earshot_answer_seconds", "Time to a part of an answer", labels=["part"]
        )
        for part, pairs, total_s in self.answer_seconds.running():
            answers.add_metric([part], pairs, total_s)
        degraded = CounterMetricFamily(
            "earshot_degraded", "Answers that lack something", labels=["what"]
        )
        for cause, number in self.degraded.items():
            degraded.add_metric([cause], number)
        malformed = CounterMetricFamily(
            "earshot_malformed_documents",
            "Documents of users read and not understood",
            labels=["source", "reason"],
        )
        for (source, reason), number in self.malformed.items():
            malformed.add_metric([source, reason], number)
        calls = CounterMetricFamily(
            "earshot_external_calls", "Calls to other services", labels=["service", "result"]
        )
        for (service, result), number in self.calls.items():
            calls.add_metric([service, result], number)
        lookups = CounterMetricFamily(
            "earshot_cache_lookups", "Lookups in caches", labels=["cache", "result"]
        )
        for (cache, hit), number in self.cache_lookups.items():
            lookups.add_metric([cache, "hit" if hit else "miss"], number)
        families: list[Metric] = [requests, latency, answers, degraded, malformed]
        families += [calls, lookups]
        if catalog_created_s is not None:
            created = "When the catalog in memory was created, seconds since 1970"
            families.append(
                GaugeMetricFamily("earshot_catalog_created_seconds", created, catalog_created_s)
            )

        class Families(Collector):
            def collect(self) -> Iterator[Metric]:
                return iter(families)

        return generate_latest(Families())


def log(severity: str, message: str, **fields: Any) -> None:
    """Write one JSON line to standard output, in the format of Cloud Logging.

    Every text is shortened to `MAX_TEXT_CHARS`, and user ids in paths become pseudonyms.
    """
    entry = {"severity": severity, "message": message, **fields}
    line = msgspec.json.encode(entry)
    if b"users/" in line or (len(line) > MAX_TEXT_CHARS and _LONG_TEXT.search(line)):
        line = msgspec.json.encode(_sanitize(msgspec.to_builtins(entry)))
    sys.stdout.write(line.decode() + "\n")
    sys.stdout.flush()


def log_error(message: str, error: BaseException) -> None:
    """Log an unexpected error with its stack trace, shortened to its end."""
    lines = traceback.format_exception(error)
    while len(lines) > 1 and sum(map(len, lines)) > MAX_TEXT_CHARS:
        del lines[0]  # the end is nearest to the error
    log("ERROR", message, stack_trace="".join(lines))


def _sanitize(value: Any) -> Any:
    """Return a value of builtin types with short texts, and without user ids in paths."""
    if isinstance(value, str):
        text = _USER_IN_PATH.sub(lambda found: f"users/{_pseudonyms.of(found[1])}", value)
        return text if len(text) <= MAX_TEXT_CHARS else f"{text[:MAX_TEXT_CHARS]}…"
    if isinstance(value, dict):
        return {_sanitize(key): _sanitize(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_sanitize(one) for one in value]
    return value


def set_pseudonyms(pseudonyms: Pseudonyms) -> None:
    """Set what the log calls users instead of their ids. Until then all have one name."""
    global _pseudonyms  # noqa: PLW0603  # the process has one log
    _pseudonyms = pseudonyms


class _JsonLogHandler(logging.Handler):
    """Writes the records of libraries as structured lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, with its stack trace if it has one."""
        if record.exc_info and record.exc_info[1]:
            log_error(record.getMessage(), record.exc_info[1])
        else:
            fields = getattr(record, "fields", {})
            log(record.levelname, record.getMessage(), logger=record.name, **fields)


def install_log_handler() -> None:
    """Write everything that libraries log, from warnings on, with `log`."""
    logging.basicConfig(level=logging.WARNING, handlers=[_JsonLogHandler()], force=True)
