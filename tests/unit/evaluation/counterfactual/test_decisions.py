"""Decision logs: what is read, and what is refused by line."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from catalog_builder.errors import CommandError
from evaluation.counterfactual.decisions import read_decisions


def line(**fields: Any) -> str:
    return json.dumps({"propensity": 0.5, "reward": 1, "policies": {"new": 0.25}} | fields)


def log(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(lines))
    return path


def test_a_log_is_read_with_every_policys_probabilities(tmp_path: Path) -> None:
    path = log(
        tmp_path,
        line(user_id="b", more={"left": "alone"}),
        "",
        line(user_id="a", propensity=1, policies={"new": 0}, reward=-2.5),
        line(user_id="b", policies={"new": 1}),
    )
    found, policies = read_decisions(path)
    assert found.propensity.tolist() == [0.5, 1, 0.5]
    assert found.reward.tolist() == [1, -2.5, 1]
    assert found.unit[0] == found.unit[2] != found.unit[1]
    assert {name: one.tolist() for name, one in policies.items()} == {"new": [0.25, 0, 1]}


def test_each_line_without_a_user_is_a_unit_of_its_own(tmp_path: Path) -> None:
    found, _ = read_decisions(log(tmp_path, line(), line(), line(user_id="line 0")))
    assert len(set(found.unit.tolist())) == 3


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (line(propensity=0), "propensity"),
        (line(propensity=-0.1), "propensity"),
        (line(propensity=1.1), "propensity"),
        (line(propensity="half"), "propensity"),
        (line(reward=None), "reward"),
        (line(policies={"new": 1.5}), "policies"),
        (line(policies={"new": -0.5}), "policies"),
        (line(policies={"old": 0.5}), r"policies: expected the same as on the first line \(new\)"),
        (line(policies={}), r"policies: expected the same as on the first line \(new\)"),
        ('{"reward": 1}', "propensity"),
        ('{"propensity": NaN, "reward": 1}', "malformed"),
        ("[]", "object"),
        ("{", "truncated"),
        ('{"propensity": 0.5, "reward": 1, "user_id": "\xff"}', "utf-8"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(tmp_path: Path, bad: str, said: str) -> None:
    path = log(tmp_path, line(), "")
    path.write_bytes(path.read_bytes() + b"\n" + bad.encode("latin-1") + b"\n")
    with pytest.raises(CommandError, match=rf"(?i)log\.jsonl:3: .*{said}"):
        read_decisions(path)


def test_an_empty_or_missing_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"log\.jsonl: expected at least one decision"):
        read_decisions(log(tmp_path, "", ""))
    with pytest.raises(CommandError, match=r"none\.jsonl: No such file"):
        read_decisions(tmp_path / "none.jsonl")


def test_a_gzipped_log_is_read_and_a_truncated_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl.gz"
    whole = gzip.compress("\n".join([line()] * 50).encode())
    path.write_bytes(whole)
    assert len(read_decisions(path)[0]) == 50
    path.write_bytes(whole[:-10])
    with pytest.raises(CommandError, match=r"log\.jsonl\.gz: "):
        read_decisions(path)
