"""Embeddings from a Pinecone that refuses, hangs, is slow, breaks off or is not there."""

import threading
import time
from typing import Any

import pytest

from adapters.pinecone.vectors import PineconeVectors
from emulators.pinecone.server import PineconeEmulator
from feed.ports.errors import Unavailable
from tests.support.catalogs import DIMENSION, episodes
from tests.support.pinecone import MODEL, pinecone_vectors, store_vectors
from tests.support.timing import within

SOME = episodes(250)
PATHS = ["/describe_index_stats", "/vectors/fetch", "/embed", "/vectors/upsert"]
TROUBLES: dict[str, dict[str, Any]] = {
    "429": {"kind": "status", "status": 429, "headers": {"Retry-After": "0"}},
    "500": {"kind": "status", "status": 500, "headers": {"Retry-After": "0"}},
    "503": {"kind": "status", "status": 503, "headers": {"Retry-After": "0"}},
    "broken off": {"kind": "truncate"},
    "garbled": {"kind": "garble"},
    "mangled": {"kind": "garble", "headers": {"Content-Encoding": "gzip"}},
}
LASTING = TROUBLES | {
    "busy": {"kind": "status", "status": 503, "headers": {"Retry-After": "30"}},
    "silent": {"kind": "hang"},
    "slow": {"kind": "slow", "pause_s": 30},
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_what_passes_is_waited_for_and_nothing_is_missing(
    pinecone: PineconeEmulator, trouble: dict[str, Any]
) -> None:
    stored = store_vectors(pinecone, SOME)
    for path in PATHS:
        pinecone.fail_next(times=2, path=path, **trouble)
    found = pinecone_vectors(pinecone, model=MODEL).vectors(SOME)
    assert not pinecone.faults
    assert found.present.all()
    assert (found.matrix[stored.present] == stored.matrix[stored.present]).all()


def test_more_refusals_in_a_row_than_the_sdk_takes_are_waited_for(
    pinecone: PineconeEmulator,
) -> None:
    pinecone.fail_next("status", times=6, headers={"Retry-After": "0"})
    pinecone_vectors(pinecone).vectors([])
    assert pinecone.requests["/describe_index_stats"] == 7


def test_an_answer_that_takes_its_time_is_waited_for(pinecone: PineconeEmulator) -> None:
    stored = store_vectors(pinecone, SOME)
    pinecone.fail_next("slow", None, pause_s=0.3)
    found = pinecone_vectors(pinecone, timeout_s=1).vectors(SOME)
    assert found.present.tolist() == stored.present.tolist()


def test_a_connection_that_falls_silent_is_given_up_for_another(pinecone: PineconeEmulator) -> None:
    stored = store_vectors(pinecone, SOME)
    pinecone.fail_next("hang", times=2, path="/vectors/fetch")
    found = pinecone_vectors(pinecone, timeout_s=0.3).vectors(SOME)
    assert found.present.tolist() == stored.present.tolist()


def test_a_server_that_starts_later_is_waited_for(pinecone: PineconeEmulator) -> None:
    pinecone.stop()
    timer = threading.Timer(0.3, pinecone.start)
    timer.start()
    try:
        pinecone_vectors(pinecone).vectors([])
    finally:
        timer.join()
    assert pinecone.requests


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("trouble", LASTING.values(), ids=LASTING)
def test_what_does_not_pass_is_unavailable_when_patience_ends(
    pinecone: PineconeEmulator, path: str, trouble: dict[str, Any]
) -> None:
    pinecone.fail_next(times=None, path=path, **trouble)
    with within(3, at_least_s=0.15), pytest.raises(Unavailable, match=r"cannot .* within 0\.15 s"):
        pinecone_vectors(pinecone, model=MODEL, patience_s=0.15).vectors(SOME[:5])


@pytest.mark.parametrize(
    ("trouble", "said"),
    [("429", r"\[429\]"), ("503", r"\[503\]"), ("broken off", "peer"), ("garbled", "parse")],
)
def test_what_happened_last_is_named(pinecone: PineconeEmulator, trouble: str, said: str) -> None:
    pinecone.fail_next(times=None, **TROUBLES[trouble])
    with pytest.raises(Unavailable, match=rf"describe the index within 1\.5 s: .*{said}"):
        pinecone_vectors(pinecone, patience_s=1.5).vectors([])


def test_a_refused_connection_is_unavailable_in_time(pinecone: PineconeEmulator) -> None:
    with pinecone.refusing(), within(3, at_least_s=0.3), pytest.raises(Unavailable, match="within"):
        pinecone_vectors(pinecone, patience_s=0.3).vectors(SOME)


@pytest.mark.parametrize("path", PATHS)
def test_all_together_ends_in_time_however_patient_each_batch(
    pinecone: PineconeEmulator, path: str
) -> None:
    pinecone.fail_next("hang", times=None, path=path)
    with within(3, at_least_s=0.15), pytest.raises(Unavailable, match=r"not done within 0\.15 s"):
        pinecone_vectors(pinecone, model=MODEL, total_s=0.15).vectors(SOME[:5])


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("path", PATHS)
def test_a_key_that_is_refused_is_unavailable_at_once(
    pinecone: PineconeEmulator, path: str, status: int
) -> None:
    pinecone.fail_next("status", times=None, path=path, status=status)
    with pytest.raises(Unavailable, match=rf"refuses the API key: \[{status}"):
        pinecone_vectors(pinecone, model=MODEL, at_once=1).vectors(SOME)
    assert pinecone.requests[path] == 1


@pytest.mark.parametrize("key", ["wrong-key", "wrong-key\n", "schl\u00fcssel", " "])
def test_a_wrong_key_is_said_to_be_wrong_and_never_shown(
    pinecone: PineconeEmulator, key: str
) -> None:
    with pytest.raises(Unavailable, match="API key") as raised:
        pinecone_vectors(pinecone, api_key=key).vectors(SOME)
    assert not key.strip() or key.strip() not in str(raised.value)


@pytest.mark.parametrize("status", [400, 404, 413, 414])
def test_a_request_that_no_retry_mends_is_unavailable_at_once(
    pinecone: PineconeEmulator, status: int
) -> None:
    pinecone.fail_next("status", times=None, path="/vectors/fetch", status=status)
    with pytest.raises(Unavailable, match=rf"cannot fetch vectors: \[{status}"):
        pinecone_vectors(pinecone, at_once=1).vectors(SOME)
    assert pinecone.requests["/vectors/fetch"] == 1


@pytest.mark.parametrize("host", ["", "no-host", "http://127.0.0.1:1:2"])
def test_a_host_that_is_none_is_unavailable(pinecone: PineconeEmulator, host: str) -> None:
    with pytest.raises(Unavailable):
        PineconeVectors(host, pinecone.api_key, patience_s=0.5).vectors(SOME)


@pytest.mark.parametrize("path", ["/vectors/fetch", "/embed", "/vectors/upsert"])
def test_one_batch_that_fails_fails_all(pinecone: PineconeEmulator, path: str) -> None:
    store = pinecone_vectors(pinecone, model=MODEL, at_once=1, patience_s=1)
    pinecone.fail_next("none", times=1, path=path)
    pinecone.fail_next("status", times=None, path=path, status=400)
    with pytest.raises(Unavailable):
        store.vectors(SOME)
    assert pinecone.requests[path] == 2


def test_what_was_embedded_before_a_failure_is_not_embedded_again(
    pinecone: PineconeEmulator,
) -> None:
    store = pinecone_vectors(pinecone, model=MODEL, at_once=1)
    pinecone.fail_next("none", times=2, path="/embed")
    pinecone.fail_next("status", times=1, path="/embed", status=400)
    with pytest.raises(Unavailable):
        store.vectors(SOME)
    assert pinecone.index.stats(None)["totalVectorCount"] == 2 * 96
    pinecone.requests.clear()
    assert store.vectors(SOME).present.all()
    assert pinecone.requests["/embed"] == 1


def test_nothing_goes_on_after_a_failure(pinecone: PineconeEmulator) -> None:
    pinecone.fail_next("status", status=400, path="/vectors/fetch")
    pinecone.fail_next("slow", None, pause_s=0.2, path="/vectors/fetch")
    store = pinecone_vectors(pinecone, at_once=4)
    with pytest.raises(Unavailable):
        store.vectors(episodes(2000))
    time.sleep(0.4)
    assert pinecone.pending == 0
    assert pinecone.requests["/vectors/fetch"] <= 8


def test_an_upsert_that_stored_less_than_was_sent_is_unavailable(
    pinecone: PineconeEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinecone.index, "upsert", lambda _: {"upsertedCount": 3})
    with pytest.raises(Unavailable, match="3 of 10 vectors"):
        pinecone_vectors(pinecone, model=MODEL).vectors(SOME[:10])


@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_embeddings_that_are_not_one_dense_vector_a_text_are_unavailable(
    pinecone: PineconeEmulator, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    dense = {"values": [1.0] * DIMENSION, "vector_type": "dense"}
    sparse = {"sparse_values": [1.0], "sparse_indices": [1], "vector_type": "sparse"}
    answer = {
        "model": MODEL,
        "vector_type": kind,
        "data": [dense] * 9 if kind == "dense" else [sparse] * 10,
        "usage": {"total_tokens": 1},
    }
    monkeypatch.setattr(pinecone.index, "embed", lambda _: answer)
    with pytest.raises(Unavailable, match="expected 10 dense vectors of words"):
        pinecone_vectors(pinecone, model=MODEL).vectors(SOME[:10])
    assert not pinecone.requests["/vectors/upsert"]
