"""Lines of a history file become engagements, or are left out for one of few reasons."""

from pathlib import Path

import pytest

from operations.backfill.history_file import HistoryError, HistoryLine, read_history

CSV = """\
user_id,type,episode_id,timestamp,progress,note
ada,listen,one,2026-02-06T03:00:00+01:00,0.5,x
ada,listen,one,1770343200,0.5
ada,listen,one,1770343200000,0.5
ada,skip,one,2026-02-06,
,like,one,2026-02-06,
ada,like,,2026-02-06,
ada,like,one,yesterday,
ada,like,one,,
ada,like,one,2026-02-06,7
"ada","like",one,2026-02-06T02:00:00
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_bad_lines_are_left_out_by_reason_with_their_numbers(tmp_path: Path) -> None:
    lines = list(read_history(written(tmp_path, "a.csv", CSV)))
    assert {one.number: one.reason for one in lines if one.reason} == {
        5: "type is not valid",
        6: "user_id is missing",
        7: "episode_id is missing",
        8: "timestamp is not valid",
        9: "timestamp is missing",
        10: "progress is not valid",
    }
    assert [one.number for one in lines if one.engagement] == [2, 3, 4, 11]
    text = 'null\n\n[1]\n{"a"\n{"user_id": 7, "type": "like", "episode_id": "x", "timestamp": 1}\n'
    assert list(read_history(written(tmp_path, "a.jsonl", text))) == [
        HistoryLine(1, reason="the line is no JSON object"),
        HistoryLine(3, reason="the line is no JSON object"),
        HistoryLine(4, reason="the line is no JSON object"),
        HistoryLine(5, reason="user_id is not valid"),
    ]


def test_equal_engagements_have_equal_ids_in_every_format_and_unit(tmp_path: Path) -> None:
    found = [one.engagement for one in read_history(written(tmp_path, "a.csv", CSV))]
    same = [one for one in found if one and one.type == "listen"]
    assert len(same) == 3
    text = (
        '{"user_id": "ada", "type": "listen", "episode_id": "one",'
        ' "timestamp": 1770343200.0, "progress": 0.5}'
    )
    (line,) = read_history(written(tmp_path, "a.jsonl", text))
    assert line.uid == "ada"
    assert set(same) == {line.engagement}
    assert len({one.id for one in found if one}) == 2


def test_reading_goes_on_behind_a_line(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", CSV)
    assert list(read_history(path, 7)) == list(read_history(path))[6:]


def test_a_file_of_another_kind_is_refused_and_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"\*\.csv or \*\.jsonl"):
        list(read_history(tmp_path / "a.xlsx"))
    with pytest.raises(HistoryError, match="a header with user_id, timestamp"):
        list(read_history(written(tmp_path, "b.csv", "episode_id,type\nx,like\n")))
