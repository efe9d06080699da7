"""What is installed is what was chosen: the locks follow their `.in` files, hash by hash."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ["requirements", "requirements-dev"]


def normalized(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def chosen(name: str) -> set[str]:
    """The packages that a `.in` file names itself."""
    lines = (ROOT / f"{name}.in").read_text().splitlines()
    return {normalized(re.split(r"[;\s]", one)[0]) for one in lines if one and one[0] not in "#-"}


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Each package of a lock, with its version and its number of hashes."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / f"{name}.txt").read_text(), flags=re.MULTILINE)
    found = {}
    for line in text.replace("\\\n", " ").splitlines():
        match = re.fullmatch(r"([\w.-]+)==([\w.]+)( ;[^\\]+?)?((?:\s+--hash=sha256:\w{64})+)", line)
        assert match, line
        found[normalized(match[1])] = (match[2], match[4].count("--hash"))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_chosen_package_is_locked_with_hashes(name: str) -> None:
    lock = locked(name)
    assert chosen(name) <= lock.keys()
    assert all(hashes for _, hashes in lock.values())


def test_tests_run_with_the_versions_that_are_deployed() -> None:
    deployed, tested = locked("requirements"), locked("requirements-dev")
    assert deployed.items() <= tested.items()


def test_hooks_run_what_make_check_runs() -> None:
    hooks = re.findall(r"entry: (.+)", (ROOT / ".pre-commit-config.yaml").read_text())
    plan = subprocess.run(
        ["make", "-n", "check"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert hooks == re.findall(r"^\.venv/bin/(?:ruff|mypy).*", plan, re.MULTILINE)
