"""Spellings of one name have one key."""

import unicodedata

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed.model.names import name_key, names_in


@given(st.text(max_size=20), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
@settings(max_examples=50)
def test_a_key_does_not_depend_on_the_form_and_is_its_own_key(name: str, form: str) -> None:
    key = name_key(name)
    assert name_key(unicodedata.normalize(form, name)) == key  # type: ignore[arg-type]
    assert name_key(key) == key


@pytest.mark.parametrize(
    "spelled",
    [("Nvidia", "NVIDIA", "\uff4evidia"), ("Straße", "STRASSE"), ("Zoë  Ng", "zoe\u0308 ng")],
)
def test_spellings_that_differ_in_case_space_or_form_have_one_key(spelled: tuple[str, ...]) -> None:
    assert len({name_key(one) for one in spelled}) == 1


def test_names_are_texts_or_records_with_a_name() -> None:
    given_names = ["Ada", {"name": " Bob "}, {"title": "x"}, {"name": 7}, "", " ", None, 3]
    assert list(names_in(given_names)) == ["Ada", "Bob"]
    assert list(names_in(None)) == list(names_in(msgspec.UNSET)) == []
