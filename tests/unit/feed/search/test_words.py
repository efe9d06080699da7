"""Words become terms without keeping the texts that they come from."""

import random
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from feed.search.words import _ENDINGS, folded, needle, terms_of


def test_texts_without_spaces_are_not_kept_in_memory() -> None:
    draw = random.Random(1)
    letters = [chr(0x4E00 + at) for at in range(50)]
    texts = ["".join(draw.choices(letters, k=200)) for _ in range(200)]
    terms_of("".join(letters))
    tracemalloc.start()
    try:
        for text in texts:
            assert len(terms_of(text)) == 199
        assert tracemalloc.get_traced_memory()[0] < 1_500_000
    finally:
        tracemalloc.stop()


letters = st.characters(max_codepoint=0x4FF, categories=["Lu", "Ll", "Mn"]) | st.sampled_from(
    "'\u2019"
)
endings = st.sampled_from([ending for ending, _ in _ENDINGS])
words = st.tuples(st.text(letters, min_size=1, max_size=50), endings | st.just("")).map("".join)


@given(st.lists(words | st.text("\u56fd\u3053\u3093\ud55c", max_size=5), max_size=9).map(" ".join))
def test_what_is_looked_for_stands_in_every_text_that_has_the_term(text: str) -> None:
    found = folded(text)
    assert all(needle(term) in found for term in terms_of(text))
