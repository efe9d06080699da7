"""Each script in examples/ does what its docstring says."""

import runpy
import sys
from pathlib import Path

import pytest

from feed.catalog.catalog import Catalog
from feed.snapshot.codec import decode, encode


def run(name: str, *arguments: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [name, *map(str, arguments)])
        runpy.run_module(f"examples.{name}", run_name="__main__")


def test_ten_lines_of_python_rank_a_feed(capsys: pytest.CaptureFixture[str]) -> None:
    run("rank_from_python")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert "the-long-orbit-" in lines[0]  # the series of the bookmark


def test_a_replayed_session_has_identical_bytes(
    capsys: pytest.CaptureFixture[str], catalog: Catalog, tmp_path: Path
) -> None:
    (tmp_path / "a.snapshot").write_bytes(encode(catalog))
    run("replay", tmp_path / "a.snapshot")
    *episodes, last = capsys.readouterr().out.splitlines()
    assert len(episodes) == 3
    assert last == "identical bytes"


def test_a_source_of_your_own_reads_a_csv_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text(
        "id,title,published_at,series\n"
        "a,Stars,2026-11-01T00:00:00Z,Orbit\n"
        "b,Soup,2026-11-02T00:00:00Z,Kitchen\n"
        ",Nothing,2026-11-02T00:00:00Z,Kitchen\n"
    )
    run("custom_source", tmp_path / "in.csv", tmp_path / "out")
    assert "2 episodes, 1 skipped" in capsys.readouterr().out
    assert set(decode((tmp_path / "out").read_bytes()).ids) == {"a", "b"}
