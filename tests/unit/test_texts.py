"""The web app's texts: each is a literal in one call, and each language has all of them."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from feed.home import file, labels
from feed.insights import reasons as insight_reasons
from feed.session import reason_text
from functions.problem_kinds import KINDS
from tests.support.server import ROOT

WEB = ROOT / "web"
STRING = r'"((?:[^"\\]|\\.)*)"'
LANGUAGES = sorted((WEB / "languages").glob("*.js"))
OTHER_CALL = r"(?<![\w.])(?:t\((?!\s*\")|count\((?![^\"]*,\s*\"))[^)]*\)?"
"""of `t` or `count`, with something else than a literal"""
FRAME_ATTRIBUTES = ("aria-label", "title", "placeholder")


def modules() -> Iterator[Path]:
    yield from sorted((WEB / "js").rglob("*.js"))


def literal(text: str) -> str:
    return msgspec.json.decode(f'"{text}"', type=str)


def used() -> set[str]:
    """The English texts of the modules: those of `t`, and of `count` the plural."""
    found: set[str] = set()
    for one in modules():
        source = one.read_text()
        found |= {literal(text) for text in re.findall(rf"\bt\(\s*{STRING}", source)}
        plural = rf"\bcount\([^\"]*?,\s*{STRING},\s*{STRING}"
        found |= {literal(text) for _, text in re.findall(plural, source)}
    return found


class Frame(HTMLParser):
    """The texts of index.html: what is between its tags in the body, and named there."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self.in_body = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.in_body |= tag == "body"
        if self.in_body:
            self.texts |= {text for name, text in attrs if name in FRAME_ATTRIBUTES and text}

    def handle_data(self, data: str) -> None:
        if self.in_body and re.search(r"[A-Za-z]", data):
            self.texts.add(data.strip())


def of_frame() -> set[str]:
    frame = Frame()
    frame.feed((WEB / "index.html").read_text())
    return frame.texts - {"Earshot"}


def of_api() -> set[str]:
    """The keys of the texts that the API makes, by their kind."""
    home = file.shipped()
    return {
        *(f"problem: {kind}" for kind in KINDS),
        *(f"reason: {key}" for key in [*reason_text._TEXTS, *insight_reasons._TEXTS]),
        *(f"shelf: {key}" for key in labels.TITLES),
        *(f"shelf reason: {key}" for key in labels.REASONS),
        *(f"shelf: {one.name}" for one in home.shelves if one.title),
        *(f"shelf reason: {one.name}" for one in home.shelves if one.reason),
    }


def translations(language: Path) -> dict[str, str]:
    """By text: the translation, of plurals all forms together."""
    source = language.read_text()
    entries = re.findall(rf"^  {STRING}: (.+),$", source, re.MULTILINE)
    return {literal(key): value for key, value in entries}


def names(text: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", text))


def test_every_text_is_a_literal_so_that_it_can_be_translated() -> None:
    for one in modules():
        if one.name in {"text.js", "frame.js"}:
            continue
        other = re.findall(OTHER_CALL, one.read_text())
        assert not other, f"{one.name}: {other}"


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.stem)
def test_a_language_has_every_text_and_no_other(language: Path) -> None:
    there = set(translations(language))
    wanted = used() | of_frame() | of_api()
    assert sorted(wanted - there) == []
    assert sorted(there - wanted) == []


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.stem)
def test_a_translation_has_the_values_of_its_text(language: Path) -> None:
    for english, translated in translations(language).items():
        if not english.startswith(("problem: ", "reason: ", "shelf: ", "shelf reason: ")):
            assert names(translated) == names(english), english
