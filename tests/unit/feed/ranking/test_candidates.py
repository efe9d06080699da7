import numpy as np

from feed.ranking.candidates import counts_by_source, merge_sources, source_names
from feed.ranking.sources import NAMES


def test_a_candidate_remembers_every_source_that_returned_it() -> None:
    returned = [
        ("trending", np.array([7, 3])),
        ("fresh", np.array([3, 9])),
        ("stated", np.array([], int)),
    ]
    rows, sources = merge_sources(returned)
    assert rows.tolist() == [7, 3, 9]
    assert source_names(sources) == [["trending"], ["trending", "fresh"], ["fresh"]]
    assert counts_by_source(returned) == {"trending": 2, "fresh": 2, "stated": 0}
    assert len(set(NAMES)) == len(NAMES) <= 16
