"""`python -m evaluation` in a process of its own, and what has to hold of what it says."""

import re
import subprocess
import sys
from pathlib import Path

from evaluation.data.synthetic import SyntheticData, episodes_jsonl, events_csv
from tests.support.server import ROOT


def run(*words: str | Path, code: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run a command, which ends with that code; None for any."""
    done = subprocess.run(
        [sys.executable, "-m", "evaluation", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert code in {None, done.returncode}, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def write(folder: Path, made: SyntheticData) -> Path:
    """Write made-up data into a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "episodes.jsonl").write_bytes(episodes_jsonl(made))
    (folder / "train.csv").write_bytes(events_csv(made.train))
    (folder / "test.csv").write_bytes(events_csv(made.test))
    return folder


def files(data: Path, *, test: bool = True) -> list[str | Path]:
    """The options that name these files."""
    words: list[str | Path] = ["--episodes", data / "episodes.jsonl"]
    words += ["--interactions", data / "train.csv"]
    return [*words, "--test", data / "test.csv"] if test else words


def refused(done: subprocess.CompletedProcess[str], said: str) -> None:
    """One line says what is wrong, and nothing was printed as if it were a result."""
    assert not done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith(("refused: ", "failed: "))
    assert re.search(said, line)


def outside(page: str) -> list[str]:
    """What a page would fetch from elsewhere, or fetch at all."""
    fetched = re.findall(r"""(?:src|href|action|data)\s*=\s*["']?([^"'\s>]+)""", page)
    fetched += re.findall(r"""url\(\s*["']?([^"')]+)""", page)
    return [one for one in fetched if not one.startswith("#")] + re.findall(
        r"<(?:script|link|iframe|img|object|embed)\b|@import", page
    )
