"""The builder's commands on a bucket: the same as on a folder."""

import json
import random
from pathlib import Path

import msgspec
import pytest

from adapters.gcs.shelf import GcsShelf
from catalog_builder.__main__ import main
from tests.support.catalogs import fields


def test_publish_list_verify_roll_back_and_prune(
    bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(0)
    file = tmp_path / "e.json"
    file.write_text(json.dumps([fields(number, rng) for number in range(40)]))
    shelf = ["--shelf", f"gs://{bucket}/feeds"]
    for day in (4, 5, 6):
        when = f"2026-02-0{day}T00:00:00Z"
        assert main(["publish", *shelf, "--episodes", str(file), "--now", when]) == 0
    assert main(["rollback", *shelf]) == 0
    assert main(["verify", *shelf]) == 0
    assert "sound: 20260205T" in capsys.readouterr().out
    assert main(["prune", *shelf, "--keep", "1"]) == 0
    capsys.readouterr()
    assert main(["list", *shelf]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row[:8] for row in rows] == ["20260205", "20260206"]
    assert [row.endswith("current") for row in rows] == [True, False]
    pointer = GcsShelf(bucket, "feeds").current(9)
    assert pointer is not None
    assert pointer.version.startswith("20260205T")


def test_a_bucket_that_is_not_there_is_said(
    capsys: pytest.CaptureFixture[str], bucket: str
) -> None:
    assert main(["list", "--shelf", f"gs://{bucket}-nowhere"]) == 1
    said = msgspec.json.decode(capsys.readouterr().err)["message"]
    assert said.startswith("failed: ")
    assert f"{bucket}-nowhere" in said
