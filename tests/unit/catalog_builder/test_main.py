import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.folder.shelf import FolderShelf
from catalog_builder.__main__ import main
from feed.snapshot.codec import SnapshotError, decode
from tests.support.catalogs import fields, overwrite
from tests.support.feed_documents import item, rss_feed
from tests.support.feed_server import FeedServer

NOW = "2026-02-06T00:00:00Z"


FROM_FIRESTORE = ["build", "--episodes", "firestore:shows", "--out", "out"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, numbers: range, *more: dict[str, Any]) -> str:
    rng = random.Random(0)
    path.write_text(json.dumps([*(fields(n, rng) for n in numbers), *more]))
    return str(path)


def run(*arguments: str) -> int:
    return main(
        [*arguments, "--now", NOW] if arguments[0] in {"build", "publish"} else [*arguments]
    )


def publish(here: Path, count: int, *options: str) -> int:
    file = write(here / "e.json", range(count))
    return run("publish", "--episodes", file, "--shelf", "shelf", *options)


def versions(capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    assert run("list", "--shelf", "shelf") == 0
    return capsys.readouterr().out.splitlines()


def test_build_writes_a_snapshot_of_the_episodes_and_their_vectors(here: Path) -> None:
    file = write(here / "e.json", range(50))
    ids = np.array([f"episode-{i}" for i in range(40)])
    np.savez(here / "v.npz", ids=ids, vectors=np.random.default_rng(0).normal(size=(40, 12)))
    assert run("build", "--episodes", file, "--vectors", "v.npz", "--out", "deep/er/out") == 0
    catalog = decode((here / "deep/er/out").read_bytes())
    assert (len(catalog), catalog.dimension, int(catalog.embeddings.present.sum())) == (50, 12, 40)
    assert catalog.version.startswith("20260206T000000Z-")


def test_the_same_input_gives_the_same_bytes(here: Path) -> None:
    file = write(here / "e.json", range(50))
    for name in ("one", "two"):
        assert run("build", "--episodes", file, "--out", name) == 0
    assert (here / "one").read_bytes() == (here / "two").read_bytes()


def test_bad_episodes_are_reported_and_skipped(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(here / "e.json", range(50), {"id": "x"}, {"id": "episode-3", "title": "T"})
    assert run("build", "--episodes", file, "--out", "out") == 0
    said = capsys.readouterr().err
    assert "skipped: e.json:1[50]: " in said
    assert "50 episodes, 2 skipped" in said


@pytest.mark.parametrize(("allowed", "code"), [("5", 0), ("4", 1), ("10%", 0), ("9%", 1)])
def test_too_many_bad_episodes_refuse_the_build(here: Path, allowed: str, code: int) -> None:
    file = write(here / "e.json", range(45), *[{"id": "bad"}] * 5)
    assert run("build", "--episodes", file, "--max-bad", allowed, "--out", "out") == code
    assert (here / "out").exists() == (code == 0)


def test_a_broken_feed_stops_no_other_and_is_no_bad_episode(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item = "<item><guid>https://example.com/1</guid><title>T</title><pubDate>{}</pubDate></item>"
    good = item.format("Thu, 05 Feb 2026 10:00:00 GMT")
    (here / "good.xml").write_text(f"<rss><channel><title>S</title>{good}</channel></rss>")
    feeds = ["--feeds", "good.xml", "nowhere.xml", "--max-bad", "0"]
    assert run("build", *feeds, "--out", "out") == 0
    assert "skipped: nowhere.xml" in capsys.readouterr().err
    assert len(decode((here / "out").read_bytes())) == 1


def test_feeds_of_this_machine_need_an_option(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    server = FeedServer()
    dated = "<pubDate>Thu, 05 Feb 2026 10:00:00 GMT</pubDate>"
    url = server.serve("/feed", rss_feed(item("a", more=dated)))
    assert run("build", "--feeds", url, "--out", "out") == 1
    assert "--allow-private-feeds" in capsys.readouterr().err
    assert run("build", "--feeds", url, "--allow-private-feeds", "--out", "out") == 0
    assert len(decode((here / "out").read_bytes())) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        *(["--max-bad", text] for text in ("-1", "some", "1.5", "1e3", "inf", "nan%", "101%")),
        ["--feed-max-mb", "0"],
        ["--feeds-timeout", "soon"],
        ["--now", "today"],
        ["--now", "2026-01-01"],
    ],
)
@pytest.mark.usefixtures("here")
def test_an_invalid_option_is_refused_by_name(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["build", "--out", "out", *wrong])
    assert wrong[0] in capsys.readouterr().err


def test_publishing_rolling_back_and_pruning(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for last in (50, 55, 60):
        assert publish(here, last) == 0
    first, second, third = versions(capsys)
    assert third.endswith("current")
    assert run("rollback", "--shelf", "shelf") == 0
    assert [line.endswith("current") for line in versions(capsys)] == [False, True, False]
    assert run("rollback", first.split()[0], "--shelf", "shelf") == 0
    assert run("rollback", "--shelf", "shelf") == 1
    assert "no earlier version" in capsys.readouterr().err
    assert run("prune", "--keep", "1", "--shelf", "shelf") == 0
    assert [line.split()[0] for line in versions(capsys)] == [first.split()[0], third.split()[0]]
    assert run("verify", "--shelf", "shelf") == 0
    assert run("verify", second.split()[0], "--shelf", "shelf") == 1


def test_the_insights_of_a_version_are_printed(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(here, 200)
    (listed,) = versions(capsys)
    assert run("insights", "--shelf", "shelf", "--limit", "2") == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.startswith(f"{listed.split()[0]}: ")
    assert len(lines) == 2


def test_publishing_the_same_catalog_again_changes_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for word in ("published", "unchanged"):
        assert publish(here, 50) == 0
        assert word in capsys.readouterr().out
    assert len(versions(capsys)) == 1


def test_the_gate_refuses_unless_forced(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert publish(here, 50) == 0
    assert publish(here, 30) == 1
    said = capsys.readouterr().err
    assert "lost_episodes: 20 of the 50" in said
    assert len(versions(capsys)) == 1
    assert publish(here, 30, "--force") == 0
    assert "forced past lost_episodes" in capsys.readouterr().err


def test_a_damaged_snapshot_is_found_and_can_be_published_over(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(here, 50) == 0
    (stored,) = (here / "shelf/snapshots").iterdir()
    overwrite(stored, stored.read_bytes()[:-1])
    with pytest.raises(SnapshotError):
        decode(stored.read_bytes())
    assert run("verify", "--shelf", "shelf") == 1
    assert "truncated" in capsys.readouterr().err
    assert publish(here, 20) == 0
    assert "cannot be read, so nothing was compared" in capsys.readouterr().err
    assert run("verify", "--shelf", "shelf") == 0


def test_a_damaged_catalog_from_today_is_published_anew_beside_the_damaged_one(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = ["publish", "--episodes", write(here / "e.json", range(50)), "--shelf", "shelf"]
    assert run(*again) == 0
    (stored,) = (here / "shelf/snapshots").iterdir()
    overwrite(stored, stored.read_bytes()[:-1])
    assert run(*again, "--if-stale") == 0
    assert "-mended" in capsys.readouterr().out
    assert run("verify", "--shelf", "shelf") == 0
    assert run(*again, "--if-stale") == 0
    assert "is from today" in capsys.readouterr().out


def test_a_rollback_while_pruning_loses_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for last in (50, 55, 60):
        assert publish(here, last) == 0
    first = FolderShelf(here / "shelf").entries(1)[0].version
    delete = FolderShelf.delete

    def slow_delete(shelf: FolderShelf, version: str, timeout_s: float) -> None:
        if version == first:
            assert run("rollback", first, "--shelf", "shelf") == 0
        delete(shelf, version, timeout_s)

    monkeypatch.setattr(FolderShelf, "delete", slow_delete)
    assert run("prune", "--keep", "1", "--shelf", "shelf") == 0
    assert run("verify", "--shelf", "shelf") == 0


def test_a_catalog_from_today_is_left_alone_until_its_input_changes(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(here / "e.json", range(50))
    again = ["publish", "--episodes", file, "--shelf", "shelf", "--if-stale"]
    assert run(*again) == 0
    assert run(*again) == 0
    assert "is from today" in capsys.readouterr().out
    write(here / "e.json", range(51))
    os.utime(file, (2e9, 2e9))
    assert run(*again) == 0
    assert len(versions(capsys)) == 2
    assert main([*again, "--now", "2026-02-07T00:00:00Z"]) == 0
    assert len(versions(capsys)) == 3


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["build", "--episodes", "nowhere.json", "--out", "out"], "nowhere.json"),
        (["build", "--episodes", "a", "--feeds", "b", "--out", "out"], "not both"),
        (["build", "--feeds", "nowhere.xml", "--out", "out"], "nowhere.xml"),
        (["build", "--fields", "nowhere.toml", "--out", "out"], "nowhere.toml"),
        ([*FROM_FIRESTORE, "--schema", "nowhere.toml"], "SCHEMA: nowhere.toml"),
        ([*FROM_FIRESTORE, "--schema", "s.toml"], "got firestore:shows"),
        (["verify", "--shelf", "nowhere"], "nothing is published"),
        (["rollback", "--shelf", "nowhere"], "nothing is published"),
        (["verify", "v", "--shelf", "nowhere"], "no snapshot v"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_missing_input_or_version_is_named(
    capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    Path("s.toml").write_text('[episodes]\npath = "shows/{show}/episodes/{id}"')
    assert run(*arguments) == 1
    assert reason in capsys.readouterr().err
