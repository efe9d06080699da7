"""Runs `python -m evaluation` in this process, and checks what it writes."""

import io
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from evaluation.__main__ import main
from evaluation.data.synthetic.dataset import SyntheticData, episodes_jsonl, events_csv


class Done(NamedTuple):
    """What a command wrote."""

    stdout: str
    stderr: str


def run(*words: str | Path, code: int = 0) -> Done:
    """Run a command in this process and check that it ends with this exit code."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        ended = main([*map(str, words)])
    assert ended == code, out.getvalue() + err.getvalue()
    return Done(out.getvalue(), err.getvalue())


def write(folder: Path, made: SyntheticData) -> Path:
    """Write synthetic data into a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "episodes.jsonl").write_bytes(episodes_jsonl(made))
    (folder / "train.csv").write_bytes(events_csv(made.train))
    (folder / "test.csv").write_bytes(events_csv(made.test))
    return folder


def files(data: Path, *, test: bool = True) -> list[str | Path]:
    """The options that name the files of a folder."""
    words: list[str | Path] = ["--episodes", data / "episodes.jsonl"]
    words += ["--interactions", data / "train.csv"]
    return [*words, "--test", data / "test.csv"] if test else words


def refused(done: Done, said: str) -> None:
    """Check that one line of standard error says what is wrong and nothing else is written."""
    assert not done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith(("refused: ", "failed: "))
    assert re.search(said, line)


def outside(page: str) -> list[str]:
    """References of an HTML page to anything outside of it."""
    fetched = re.findall(r"""(?:src|href|action|data)\s*=\s*["']?([^"'\s>]+)""", page)
    fetched += re.findall(r"""url\(\s*["']?([^"')]+)""", page)
    return [one for one in fetched if not one.startswith("#")] + re.findall(
        r"<(?:script|link|iframe|img|object|embed)\b|@import", page
    )
