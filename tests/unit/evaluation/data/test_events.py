"""Interactions files: what is read, and what is refused by line and field."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_builder.errors import CommandError
from evaluation.data.events import Event, Events, read_events
from feed.model.engagement import ENGAGEMENT_TYPES
from tests.support.interactions import event
from tests.support.interactions import events as some

HEAD = "user_id,episode_id,type,timestamp\n"
LINE = "u,e,listen,2026-02-06T00:00:00Z\n"


def read(tmp_path: Path, text: str | bytes) -> Events:
    path = tmp_path / "train.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_events(path)


def test_a_file_may_have_columns_in_any_order_and_further_ones(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "note,timestamp,type,progress,episode_id,user_id\n"
        '"a, b",2026-02-06T01:00:00+01:00,listen,0.25,e1,u1\n'
        "\n"
        ",1970-01-01T00:00:00Z,like,, e2 ,u1\n",
    )
    assert found.timestamp_us.tolist() == [0, 1_770_336_000_000_000]
    assert [found.episode_ids[one] for one in found.episode] == ["e2", "e1"]
    assert [found.user_ids[one] for one in found.user] == ["u1", "u1"]
    assert [ENGAGEMENT_TYPES[one] for one in found.event_type] == ["like", "listen"]
    assert np.isnan(found.progress[0])
    assert found.progress[1] == 0.25


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("0", 0),
        ("1362062307", 1_362_062_307_000_000),
        ("1.5", 1_500_000),
        ("-86400", -86_400_000_000),
        ("1969-12-31T23:59:59Z", -1_000_000),
        ("1903-01-01T00:00:00+00:00", -2_114_380_800_000_000),
        ("2026-02-06T00:00:00.000001Z", 1_770_336_000_000_001),
    ],
)
def test_a_timestamp_is_rfc_3339_or_seconds_since_1970_and_may_be_before(
    tmp_path: Path, text: str, microseconds: int
) -> None:
    assert read(tmp_path, f"{HEAD}u,e,click,{text}\n").timestamp_us.tolist() == [microseconds]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r":1: user_id: expected one column of this name, got ''"),
        (
            "user_id,episode_id,type\nu,e,click\n",
            r":1: timestamp: expected one column of this name",
        ),
        ("type," + HEAD, r":1: type: expected one column of this name"),
        (HEAD + LINE + "u,e,play,0\n", r":3: type: expected one of click, .*, got 'play'"),
        (HEAD + ",e,click,0\n", r":2: user_id: expected an id, got nothing"),
        (HEAD + "u, ,click,0\n", r":2: episode_id: expected an id, got nothing"),
        (HEAD + "u,e,click,yesterday\n", r":2: timestamp: expected RFC 3339.*'yesterday'"),
        (HEAD + "u,e,click,2026-02-06T00:00:00\n", r":2: timestamp: .*with a zone"),
        (HEAD + "u,e,click,1770336000000\n", r":2: timestamp: .*outside the years"),
        (HEAD + "u,e,click,nan\n", r":2: timestamp: .*'nan'"),
        (HEAD + "u,e,click\n", r":2: expected 4 fields, got 3"),
        (HEAD + '"two\nlines",e,click,0\nu,e,click,x\n', r":4: timestamp"),
        (HEAD + LINE + LINE + '"u"u,e,click,0\n', r":4: "),
        (HEAD + LINE + '"never closed,e,click,0\n', r":3: "),
        ("progress," + HEAD + "1.5,u,e,listen,0\n", r":2: progress: expected a share .*'1.5'"),
        ("progress," + HEAD + "much,u,e,listen,0\n", r":2: progress: expected a share .*'much'"),
        ("progress," + HEAD + "nan,u,e,listen,0\n", r":2: progress: expected a share .*'nan'"),
        (HEAD.encode() + b"\xff,e,click,0\n", r": expected UTF-8"),
    ],
)
def test_an_invalid_file_is_refused_by_line_and_field(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    with pytest.raises(CommandError, match=r"train\.csv" + said) as refused:
        read(tmp_path, text)
    assert "\n" not in str(refused.value)


def test_a_missing_or_truncated_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.csv: No such file"):
        read_events(tmp_path / "none.csv")
    for name, data in [("cut", gzip.compress((HEAD + LINE).encode())[:-12]), ("no", HEAD.encode())]:
        path = tmp_path / f"{name}.csv.gz"
        path.write_bytes(data)
        with pytest.raises(CommandError, match=rf"{name}\.csv\.gz: "):
            read_events(path)


def test_a_gzipped_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "train.csv.gz"
    path.write_bytes(gzip.compress((HEAD + LINE).encode("utf-8-sig")))
    assert len(read_events(path)) == 1


@given(st.lists(some, max_size=30))
def test_events_are_sorted_by_time_and_then_by_line(events: list[Event]) -> None:
    found = Events.from_rows(events)
    columns = (found.user, found.episode, found.event_type, found.timestamp_us)
    read_back = [
        (found.user_ids[user], found.episode_ids[episode], kind, when)
        for user, episode, kind, when in zip(*(c.tolist() for c in columns), strict=True)
    ]
    assert read_back == [one[:4] for one in sorted(events, key=lambda one: one[3])]


def test_a_split_separates_earlier_from_later_events() -> None:
    found = Events.from_rows([event("a", n, days=n) for n in range(10)])
    before, after = found.split(0.7)
    assert (len(before), len(after)) == (7, 3)
    assert before.timestamp_us.max() < after.timestamp_us.min()
    assert [after.episode_ids[one] for one in after.episode] == [
        "episode-2",
        "episode-1",
        "episode-0",
    ]
