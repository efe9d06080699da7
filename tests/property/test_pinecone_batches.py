"""However ids are made, each is asked for once, by URLs that servers take."""

import httpx
from hypothesis import given
from hypothesis import strategies as st

from adapters.pinecone.records import MAX_FETCH, MAX_URL_BYTES, fetch_batches, is_storable

IDS = st.text(st.characters(max_codepoint=0x80), min_size=1, max_size=60).flatmap(
    lambda one: st.integers(1, 12).map(lambda times: one * times)
)


@given(st.lists(IDS, max_size=300), st.text(max_size=100))
def test_each_id_that_pinecone_can_have_is_in_one_batch_in_order(
    ids: list[str], namespace: str
) -> None:
    url = str(httpx.URL("https://index.example/vectors/fetch", params={"namespace": namespace}))
    batches = list(fetch_batches(ids, url))
    assert [row for batch in batches for row in batch] == [
        row for row, name in enumerate(ids) if is_storable(name)
    ]
    for batch in batches:
        asked = httpx.QueryParams({"ids": [ids[row] for row in batch]})
        assert len(f"{url}&{asked}") <= MAX_URL_BYTES
        assert len(batch) <= MAX_FETCH
