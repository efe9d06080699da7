"""The arrows between the rooms point one way."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"feed", "adapters", "functions", "catalog_builder", "operations", "emulators", "evaluation"}
OURS |= {"main", "tests", "benchmarks"}
ALLOWED = {
    "feed": set(),
    "adapters": {"feed"},
    "functions": {"feed"},
    "catalog_builder": {"feed"},
    "operations": {"feed", "functions"},
    "emulators": set(),
    "evaluation": {"feed", "catalog_builder"},
}
# Where a room is wired together, it knows the adapters; the scheduled entry knows the builder.
MORE = {
    "functions/wiring": {"adapters"},
    "catalog_builder/wiring.py": {"adapters"},
    "functions/publish_catalog.py": {"catalog_builder"},
    "operations/move.py": {"adapters"},
    "operations/backfill/wiring.py": {"adapters"},
    "operations/pages.py": {"adapters"},
    # Simulated listeners use the application itself, so that its log is what is learned from.
    "evaluation/learning/simulation.py": {"functions"},
}
COMMANDS = {"__main__.py", "cli.py"}
"""What of the core is not imported by a function."""
FEED = {
    "arrays": set(),
    "model": {"arrays"},
    "ports": {"model"},
    "scenarios": {"model"},
    "selection": {"arrays", "scenarios"},
    "vectors": {"arrays"},
    "catalog": {"arrays", "model", "vectors"},
    "search": {"arrays", "catalog", "model", "ports", "vectors"},
    "snapshot": {"arrays", "catalog", "model", "ports", "vectors"},
    "summary": {"model", "ports"},
    "user": {"arrays", "catalog", "model", "scenarios"},
    "ranking": {
        *("arrays", "catalog", "model", "ports", "scenarios", "selection", "user", "vectors"),
    },
    "home": {
        *("arrays", "catalog", "model", "ranking", "scenarios", "selection", "session", "user"),
        "vectors",
    },
    "session": {"arrays", "catalog", "model", "ranking", "scenarios", "user"},
    "insights": {"arrays", "catalog", "model", "ranking", "session", "user"},
}
"""Which packages of the core a package of it may import: no cycles."""
IMPURE = {"os", "time", "random", "secrets", "socket", "asyncio", "threading", "subprocess"}


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_the_rooms_it_may(room: str) -> None:
    for path in modules(room):
        rooms = {name.partition(".")[0] for name in imported(path)} & OURS
        name = str(path.relative_to(ROOT))
        folder = str(path.parent.relative_to(ROOT))
        more = MORE.get(name, set()) | MORE.get(folder, set())
        assert rooms <= {room} | ALLOWED[room] | more, name


@pytest.mark.parametrize("package", FEED)
def test_a_package_of_the_core_imports_only_the_packages_it_may(package: str) -> None:
    for path in modules(f"feed/{package}"):
        names = [name.split(".") for name in imported(path) if name.startswith("feed.")]
        others = {parts[1] for parts in names} - {package}
        assert others <= FEED[package], path


def test_every_package_of_the_core_is_listed_and_stays_small() -> None:
    lines = {
        package: sum(len(path.read_text().splitlines()) for path in modules(f"feed/{package}"))
        for package in FEED
    }
    assert {path.parts[-2] for path in modules("feed")} == {"feed", *FEED}
    assert max(lines.values()) <= 0.3 * sum(lines.values())


def test_the_core_has_no_clock_no_environment_and_no_threads() -> None:
    for path in modules("feed"):
        names = {name.partition(".")[0] for name in imported(path)}
        assert not names & IMPURE or path.name in COMMANDS, path.name


def test_the_core_needs_numpy_and_msgspec_and_nothing_else() -> None:
    for path in modules("feed"):
        names = {name.partition(".")[0] for name in imported(path)}
        outside = names - set(sys.stdlib_module_names) - {"feed", "numpy", "msgspec"}
        assert not outside, path.name


def test_no_file_of_the_core_has_grown_past_one_idea() -> None:
    for path in modules("feed"):
        assert len(path.read_text().splitlines()) <= 300, path.name
