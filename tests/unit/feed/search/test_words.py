"""Words become terms without keeping the texts that they come from."""

import random
import tracemalloc

from feed.search.words import terms_of


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
