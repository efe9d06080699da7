"""A seed's token says what it was sealed with, and nothing else opens as one."""

import pytest

from feed.session.seed_token import SeedToken, open_seed, read_seed, seal_seed
from feed.session.signed_token import TokenError, sign

KEYS = (b"k" * 16, b"an earlier key 1")
TOKEN = SeedToken(1_000_000, "calm, rain", "local")
SEALED = seal_seed(TOKEN, KEYS)


def test_a_token_opens_with_every_key_that_is_known_and_can_be_read_without() -> None:
    assert open_seed(SEALED, KEYS) == open_seed(SEALED, KEYS[::-1]) == TOKEN
    assert read_seed(SEALED) == TOKEN
    with pytest.raises(TokenError, match="not issued here"):
        open_seed(SEALED, KEYS[1:])


@pytest.mark.parametrize("at", range(0, len(SEALED), 7))
def test_an_altered_token_is_refused(at: int) -> None:
    other = "A" if SEALED[at] != "A" else "B"
    with pytest.raises(TokenError):
        open_seed(SEALED[:at] + other + SEALED[at + 1 :], KEYS)


@pytest.mark.parametrize("text", ["", "x", "é", SEALED + "=", SEALED[:40], SEALED * 2])
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(TokenError):
        open_seed(text, KEYS)


def test_what_is_signed_for_something_else_is_no_seed() -> None:
    with pytest.raises(TokenError, match="not issued here"):
        open_seed(sign(b"x", ("0" * 16, None), KEYS[0]), KEYS)
    with pytest.raises(TokenError, match="another version"):
        open_seed(sign(b"x", ("seed",), KEYS[0]), KEYS)
