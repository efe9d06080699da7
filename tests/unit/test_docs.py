"""Documents name what exists: links, anchors, files, make targets, and each term once."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
MAKEFILE = (ROOT / "Makefile").read_text()


def anchors(page: Path) -> set[str]:
    """The ids that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading_that_exist(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!http)([^)#]*)#?([^)]*)\)", page.read_text()):
        linked = page.parent / target if target else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), f"{target}#{anchor}"


def test_contributing_names_files_and_folders_that_exist() -> None:
    named = re.findall(r"`([\w.-]+(?:/[\w.-]*)+|requirements[\w-]*\.in)`", text("CONTRIBUTING.md"))
    assert len(named) > 30
    assert [one for one in named if not (ROOT / one).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_that_is_named_exists(page: str) -> None:
    for target in set(re.findall(r"\bmake ([a-z]+)(?=[`\s])", text(page))) - {"one"}:
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


def test_the_readme_stays_short() -> None:
    assert len(text("README.md").splitlines()) < 150


def test_the_glossary_defines_each_term_once() -> None:
    glossary = text("docs/glossary.md")
    rows = re.findall(r"^\| (?!Term|--)([^|]+) \| ([^|]+) \|", glossary, re.MULTILINE)
    assert len(rows) > 100
    times = Counter(term.lower() for term, _ in rows)
    assert [term for term, count in times.items() if count > 1] == []
    assert all(meaning.strip() for _, meaning in rows)


@pytest.mark.parametrize("package", ["feed", "catalog_builder", "functions"])
def test_the_architecture_lists_every_package(package: str) -> None:
    section = text("docs/architecture.md").split(f"### `{package}/`\n")[1].split("\n##")[0]
    listed = re.findall(r"^\| `(\w+)/` \|", section, re.MULTILINE)
    assert sorted(listed) == sorted(
        one.parent.name for one in ROOT.glob(f"{package}/*/__init__.py")
    )


def test_every_page_is_in_the_index() -> None:
    index = text("docs/README.md")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, page.name


def text(name: str) -> str:
    return (ROOT / name).read_text()
