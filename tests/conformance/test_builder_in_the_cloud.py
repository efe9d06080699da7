"""The builder's commands on a bucket: the same as on a folder."""

import json
import random
from pathlib import Path

import msgspec
import pytest

from adapters.gcs.shelf import GcsShelf
from catalog_builder.__main__ import main
from emulators.storage.server import StorageEmulator
from feed.model.stored_texts import TextKind
from feed.snapshot.codec import decode
from feed.snapshot.texts import decode_index, index_size
from tests.support.catalogs import fields


def test_publish_list_verify_roll_back_and_prune(
    storage: StorageEmulator, bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(0)
    file = tmp_path / "e.json"
    given = [{**fields(number, rng), "notes": f"<p>Notes {number}"} for number in range(40)]
    file.write_text(json.dumps(given))
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
    catalog = decode(GcsShelf(bucket, "feeds").fetch(pointer.version, 9))
    assert catalog.notes is not None
    assert catalog.notes.count == 40
    stored = [storage.about(bucket, f"feeds/notes/{row.split()[0]}") for row in rows]
    assert {(one["size"], "metadata" in one) for one in stored} == {
        (str(catalog.notes.size), False)
    }
    head = GcsShelf(bucket, "feeds").fetch_texts(
        TextKind.NOTES, pointer.version, 0, index_size(40), 9
    )
    assert len(decode_index(head, 40, catalog.notes.sha256)) == 40


def test_a_bucket_that_is_not_there_is_said(
    capsys: pytest.CaptureFixture[str], bucket: str
) -> None:
    assert main(["list", "--shelf", f"gs://{bucket}-nowhere"]) == 1
    said = msgspec.json.decode(capsys.readouterr().err)["message"]
    assert said.startswith("failed: ")
    assert f"{bucket}-nowhere" in said
