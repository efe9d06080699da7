"""Passages are whole sentences, the best for a query first."""

from hypothesis import given
from hypothesis import strategies as st

from feed.search.passages import MAX_CHARS, best_passages
from feed.search.words import terms_of

TEXT = "\n".join(
    [
        "Welcome to the show. " + "We talk of this and that. " * 20,
        "Ada explains why glaciers sing at night. The ice cracks, she says.",
        "More of the same. " * 30,
        "Sponsors pay for this. A glacier is mentioned.",
    ]
)


def test_the_best_passage_has_the_most_different_words_of_the_query() -> None:
    best, second = best_passages(TEXT, frozenset(terms_of("singing glaciers at night")), 2)
    assert best.text.startswith("Ada explains why glaciers sing at night.")
    assert "A glacier is mentioned." in second.text
    assert best.score > second.score > 0


def test_a_text_with_no_word_of_the_query_gives_its_beginning() -> None:
    (first,) = best_passages(TEXT, frozenset(["volcano"]), 3)
    assert first.text.startswith("Welcome to the show.")
    assert first.score == 0
    assert best_passages(" \n", frozenset(["volcano"]), 3) == []


@given(st.text("ab .!\n。\u2028", max_size=1_500), st.integers(1, 4))
def test_passages_are_parts_of_the_text_that_do_not_overlap(text: str, count: int) -> None:
    found = best_passages(text, frozenset(["a", "ab", "b"]), count)
    assert len(found) <= count
    assert all(0 < len(one.text) <= MAX_CHARS for one in found)
    assert sum(len("".join(one.text.split())) for one in found) <= len("".join(text.split()))
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
