"""Lines of a log, in any form and order, become exposures with what was seen and done."""

import gzip
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_builder.errors import CommandError
from evaluation.online.attribution import SKEW_S, WINDOW_S, Engagements, Places, attribute
from evaluation.online.collector import collect
from evaluation.online.exposures import Exposures
from evaluation.online.lines import read_lines
from evaluation.online.simulation import lines_of, simulate
from feed.model.timestamps import rfc3339
from feed.session.decision_log import DecisionLine, LoggedEngagement, SeenList, ShownList

SIMULATED = simulate(np.random.default_rng(3), 8)
LINES: list[dict[str, Any]] = [msgspec.to_builtins(line) for line in lines_of(SIMULATED)]
LINES += [{"message": "GET /api/health 200", "severity": "INFO"}]


def outcomes(exposures: Exposures) -> list[Any]:
    """What is known of each exposure, but for numbers that depend on the order of lines."""
    names = ("position", "age_days", "seen", "opened", "listened", "completed", "saved", "rejected")
    columns = [getattr(exposures, name).tolist() for name in names]
    arms = [exposures.sessions.arms[one][1] for one in exposures.sessions.arm[exposures.session]]
    sources = [sorted(exposures.source_sets[one]) for one in exposures.sources]
    return sorted(zip(arms, sources, *columns, strict=True))


def entry(line: dict[str, Any]) -> dict[str, Any]:
    """A LogEntry: Cloud Logging takes some fields out of the payload."""
    payload = {key: one for key, one in line.items() if key not in {"time", "severity"}}
    return {
        "insertId": "1",
        "jsonPayload": payload,
        "logName": "projects/p/logs/run.googleapis.com%2Fstdout",
        "timestamp": line.get("time", "2026-01-01T00:00:00Z"),
    }


def row(line: dict[str, Any]) -> dict[str, Any]:
    """A row of BigQuery as its command line prints it: every column, and numbers as texts."""
    payload = dict.fromkeys(DecisionLine.__struct_fields__) | entry(line)["jsonPayload"]
    time = entry(line)["timestamp"].replace("T", " ").replace("Z", " UTC")
    return {"jsonPayload": as_texts(payload), "timestamp": time, "textPayload": None}


def as_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_texts(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_texts(one) for one in value]
    return str(value) if isinstance(value, int | float) else value


def json_lines(of: Callable[[dict[str, Any]], Any]) -> bytes:
    return b"".join(msgspec.json.encode(of(line)) + b"\n" for line in LINES)


FORMS = {
    "as the function writes it": b"[2026-01-01] [INFO] Listening\n\n" + json_lines(lambda one: one),
    "an array": msgspec.json.format(msgspec.json.encode([entry(line) for line in LINES])),
    "a sink's file": json_lines(entry),
    "BigQuery": json_lines(row),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("suffix", [".json", ".json.gz"])
def test_every_form_of_the_log_says_the_same(form: str, suffix: str, tmp_path: Path) -> None:
    path, skipped = tmp_path / f"log{suffix}", Counter[str]()
    path.write_bytes(gzip.compress(FORMS[form]) if suffix.endswith("gz") else FORMS[form])
    found = collect(read_lines([path], skipped))
    assert outcomes(found) == outcomes(SIMULATED)
    assert skipped["about something else"] == 1
    assert skipped["not JSON"] == (form == "as the function writes it")


def test_neither_order_nor_repetition_of_lines_matters() -> None:
    lines = list(lines_of(SIMULATED))
    assert outcomes(collect(lines[::-1] + lines[::3])) == outcomes(SIMULATED)


POSITION = '"shown": [{"first_position": 99999999999999999999}]'
SEEN = '"seen": [{"session_id": "s", "episode_ids": []}]'
QUEUE = '"queue": {"episode_ids": ["a"], "scores": [1], "parts": {"quality": []}}'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"message": "a"}\n{"message": ', "log.json:2: "),
        ('{"message": "a", "shown": 1}', "log.json:1: Expected `array`"),
        (f'[{{"jsonPayload": {{{SEEN.replace("[]", "[0]")}}}}}]', "log.json:1: Expected `str`"),
        (f'{{"message": "a", {SEEN}}}', "log.json:1: expected a time: "),
        (f'{{"message": "a", "time": "noon", {SEEN}}}', "log.json:1: expected a time .* 'noon'"),
        (f'{{"message": "a", "time": "2026-01-01T00:00:00Z", {QUEUE}}}', "log.json:1: queue: "),
        (f'{{"message": "a", "time": "2026-01-01T00:00:00Z", {POSITION}}}', "log.json:1: shown: "),
        ("[\n{", "log.json: "),
    ],
)
def test_what_cannot_be_read_is_refused_by_file_and_line(
    content: str, expected: str, tmp_path: Path
) -> None:
    (tmp_path / "log.json").write_text(content)
    with pytest.raises(CommandError, match=expected):
        list(read_lines([tmp_path / "log.json"]))
    with pytest.raises(CommandError, match="nowhere"):
        list(read_lines([tmp_path / "nowhere"]))


def shown(session: str, user: str, at_s: int, *episodes: str) -> DecisionLine:
    page = ShownList(1, list(episodes), [0] * len(episodes))
    return DecisionLine(time=rfc3339(at_s * 1_000_000), user=user, session_id=session, shown=[page])


SAW = [("", "a"), ("v", "b")]
"""who sent it, and what it was; the line of a next page names no user"""


def test_a_listen_that_ended_at_once_is_opened_and_neither_listened_to_nor_liked() -> None:
    time = rfc3339(10_000_000)
    done = [
        DecisionLine(user="u", session_id="s", time=time, engagement=LoggedEngagement(*one))
        for one in (("a", "listen", time, 0.05), ("b", "listen", time, 0.95))
    ]
    found = collect([shown("s", "u", 1, "a", "b", "c"), *done])
    assert found.opened.tolist() == [True, True, False]
    assert found.listened.tolist() == found.completed.tolist() == [False, True, False]
    assert found.liked.tolist() == [False, True, False]


def test_what_one_listener_sends_of_the_session_of_another_is_not_seen_there() -> None:
    page = shown("s", "u", 1, "a", "b")
    lines = [DecisionLine(user=user, seen=[SeenList("s", [one])]) for user, one in SAW]
    lines = [msgspec.structs.replace(one, time=page.time) for one in lines]
    assert collect([page, *lines]).seen.tolist() == [True, False]
    assert collect([page, lines[1]]).sessions.has_seen.tolist() == [False]


def test_the_size_of_a_catalog_does_not_depend_on_the_order_of_pages() -> None:
    pages = [
        msgspec.structs.replace(shown("s", "u", 1, one), catalog_episodes=size)
        for one, size in (("a", 700), ("b", 900))
    ]
    for lines in (pages, pages[::-1]):
        assert collect(lines).sessions.catalog_episodes.tolist() == [900]


@given(
    st.lists(st.tuples(*[st.integers(0, 2)] * 2, st.integers(0, 3 * WINDOW_S)), min_size=1),
    st.lists(st.tuples(st.integers(-1, 3), *[st.integers(0, 3)] * 2, st.integers(0, 3 * WINDOW_S))),
)
def test_an_engagement_belongs_to_its_session_or_the_last_that_showed_it_within_a_day(
    exposures: Sequence[tuple[int, int, int]], engagements: Sequence[tuple[int, int, int, int]]
) -> None:
    unique = dict.fromkeys(exposures)
    user, episode, time = np.array(list(unique)).T
    session = np.arange(len(user))
    did = np.array(engagements, np.int64).reshape(-1, 4).T
    nothing = np.zeros(did.shape[1], np.int64)
    found = attribute(
        Places(session, user, episode, time),
        Engagements(did[0], did[1], did[2], nothing, nothing, did[3]),
    )
    for (in_session, of, what, at), index in zip(engagements, found.tolist(), strict=True):
        if in_session >= 0:
            matches = (session == in_session) & (episode == what) & (user == of)
        else:
            ago = at - time
            matches = (user == of) & (episode == what) & (ago >= -SKEW_S) & (ago <= WINDOW_S)
        expected = max(np.flatnonzero(matches), key=lambda one: time[one], default=-1)
        assert index == expected
