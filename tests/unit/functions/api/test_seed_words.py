"""The words of a session's seed, or what is wrong with it."""

from types import SimpleNamespace
from typing import Any

import pytest

from feed.session.request import Seed
from feed.session.seed_token import SeedToken, seal_seed
from functions.api.seed_words import seed_words
from functions.problems import ProblemError

KEYS = (b"k" * 16,)
SERVICE: Any = SimpleNamespace(cursor_keys=KEYS, now_us=lambda: 100)


@pytest.mark.parametrize(
    ("seed", "words"),
    [
        (None, ""),
        (Seed(text="  late evening "), "late evening"),
        (Seed(episode_ids=("a",)), ""),
        (Seed(token=seal_seed(SeedToken(100, "calm, rain", "local"), KEYS)), "calm, rain"),
    ],
    ids=["none", "text", "episodes", "token"],
)
def test_the_words_are_those_of_the_text_or_of_the_token(seed: Seed | None, words: str) -> None:
    assert seed_words(SERVICE, seed) == words


@pytest.mark.parametrize(
    ("given", "status", "field"),
    [
        ({}, 400, "seed"),
        ({"text": "a", "episode_ids": ("b",)}, 400, "seed"),
        ({"text": "  "}, 400, "seed.text"),
        ({"token": "x"}, 400, "seed.token"),
        ({"token": seal_seed(SeedToken(99, "calm", "local"), KEYS)}, 410, "seed.token"),
        ({"token": seal_seed(SeedToken(999, "calm", "local"), (b"other",))}, 400, "seed.token"),
    ],
    ids=["nothing", "two things", "no word", "no token", "expired", "of another key"],
)
def test_what_is_wrong_is_named(given: dict[str, Any], status: int, field: str) -> None:
    with pytest.raises(ProblemError) as refused:
        seed_words(SERVICE, Seed(**given))
    assert (refused.value.status, refused.value.field) == (status, field)
    assert refused.value.expected
