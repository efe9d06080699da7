"""Languages in any spelling are one, in a profile as in an episode."""

import itertools
import string

import langcodes
import pytest

from catalog_builder.episodes.validation import ValidationResult, validate_episodes
from feed.ports.episodes import SourceRecord
from functions.api.languages import _STANDARD, standard_tag, standard_tags
from tests.support.catalogs import catalog_of

SPELLINGS = {
    "en": "en",
    "EN": "en",
    " en ": "en",
    "eng": "en",
    "en_us": "en-US",
    "en-gb": "en-GB",
    "ger": "de",
    "deu": "de",
    "iw": "he",
    "cmn": "zh",
    "zh-hans-cn": "zh-Hans-CN",
    "en-EN": "en-EN",  # no such country, and English all the same
}
NONE = ["English", "deutsch", "", " ", "e", "en-", "xx", "und", "mul", "x-private", "a b", "é", "1"]


@pytest.mark.parametrize(("said", "tag"), SPELLINGS.items())
def test_a_tag_has_one_standard_form(said: str, tag: str) -> None:
    assert standard_tag(said) == tag
    assert standard_tags((said,)) == (tag,)


@pytest.mark.parametrize("said", NONE)
def test_what_is_no_language_is_none(said: str) -> None:
    assert standard_tag(said) is None


def test_a_stored_profile_keeps_what_is_a_language_once() -> None:
    assert standard_tags(("English", "eng", "en", "de-DE", "ger")) == ("en", "de-DE", "de")
    stored = ("en", "de-DE")
    assert standard_tags(stored) is stored


def test_a_tag_that_is_taken_without_a_lookup_is_standard() -> None:
    for pair in itertools.product(string.ascii_lowercase, repeat=2):
        if _STANDARD.fullmatch(tag := "".join(pair)):
            assert langcodes.standardize_tag(tag, macro=True) == tag


def read(*languages: str | None) -> ValidationResult:
    made = (
        {"id": f"{i}", "title": "T", "published_at": "2026-02-05T10:00:00Z", "language": one}
        for i, one in enumerate(languages)
    )
    return validate_episodes(SourceRecord("f", one) for one in made)


@pytest.mark.parametrize(("said", "tag"), SPELLINGS.items())
def test_an_episode_is_found_by_the_standard_form_of_its_language(said: str, tag: str) -> None:
    catalog = catalog_of(read(said).episodes)
    assert [*catalog.languages] == [tag.partition("-")[0]]


def test_an_episode_with_an_invalid_language_is_kept_and_noted() -> None:
    found = read("English", "en", "und", None, "English", "en-us.utf8")
    assert [one.language for one in found.episodes] == [None, "en", None, None, None, "en-us.utf8"]
    assert found.problems == []
    assert found.notes == [
        "language 'English' of 2 episodes is no BCP 47 tag like en: taken as unknown",
        "language 'und' of 1 episodes is no BCP 47 tag like en: taken as unknown",
    ]


def test_ordinary_tags_stay_on_the_card_as_they_are() -> None:
    tags = ["en", "EN", "en_US", "en-gb", "pt-BR", "zh-Hans", None]
    assert [one.language for one in read(*tags).episodes] == tags


def test_norwegian_is_one_language_by_either_tag() -> None:
    assert set(catalog_of(read("no", "nb", "nb-NO", "nn").episodes).languages) == {"nn", "no"}
