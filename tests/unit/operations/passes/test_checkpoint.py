"""A run continues only from a checkpoint of its own kind."""

from pathlib import Path

import msgspec
import pytest

from operations.passes.checkpoint import Checkpoint, CheckpointError, load, save

START = Checkpoint(store="firestore: here", check=False)


def test_a_run_continues_at_its_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "at.json"
    assert load(path, START) == START
    for after in ("é", '🎧 "x"\n'):
        at = msgspec.structs.replace(START, after=after, again=("a", "b"))
        save(path, at)
        assert load(path, START) == at
    assert [one.name for one in tmp_path.iterdir()] == ["at.json"]


def test_a_checkpoint_of_a_check_is_refused_by_a_repair(tmp_path: Path) -> None:
    save(tmp_path / "at.json", msgspec.structs.replace(START, after="u", check=True))
    with pytest.raises(CheckpointError, match="with --check"):
        load(tmp_path / "at.json", START)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b'{"store": "x"}', b'{"store": 1, "check": false}']
)
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "at.json").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"at\.json: not a checkpoint"):
        load(tmp_path / "at.json", START)
