"""The scheduled build with the vectors of an index of Pinecone."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from adapters.folder.shelf import FolderShelf
from catalog_builder.publish.publisher import verify
from emulators.pinecone.server import PineconeEmulator
from feed.model.episode import Episode
from tests.process.test_publish_catalog import episodes as records
from tests.process.test_publish_catalog import publish
from tests.support.pinecone import _pinecone_server, pinecone, store_vectors
from tests.support.server import Server, problem

__all__ = ["_pinecone_server", "pinecone"]

Start = Callable[..., Server]


@pytest.fixture
def episodes(tmp_path: Path) -> list[Episode]:
    """Episodes in a file."""
    made = records(120)
    (tmp_path / "episodes.json").write_text(json.dumps(made))
    return [msgspec.convert(one, Episode) for one in made]


@pytest.fixture
def start(start_server: Start, pinecone: PineconeEmulator, tmp_path: Path) -> Start:
    def start(**settings: str) -> Server:
        given = {
            "EPISODES": str(tmp_path / "episodes.json"),
            "VECTORS": "pinecone",
            "PINECONE_HOST": pinecone.url,
            "PINECONE_API_KEY": pinecone.api_key,
        }
        return start_server("publish_catalog", **{**given, **settings})

    return start


def test_the_catalog_has_the_vectors_of_the_index(
    start: Start, pinecone: PineconeEmulator, episodes: list[Episode], tmp_path: Path
) -> None:
    wanted = store_vectors(pinecone, episodes, "feeds")
    report = publish(start(PINECONE_NAMESPACE="feeds"))
    catalog = verify(FolderShelf(tmp_path / "shelf"))
    assert report["embedded"] == int(wanted.present.sum())
    assert np.array_equal(catalog.embeddings.present, wanted.present)
    unit = wanted.matrix / np.maximum(np.linalg.norm(wanted.matrix, axis=1, keepdims=True), 1e-9)
    assert catalog.embeddings[:] == pytest.approx(unit, abs=1e-6)
    assert pinecone.api_key not in json.dumps(report)


def test_a_snapshot_may_leave_its_vectors_to_the_index(
    start: Start, pinecone: PineconeEmulator, episodes: list[Episode], tmp_path: Path
) -> None:
    wanted = store_vectors(pinecone, episodes)
    report = publish(start(NO_VECTORS="true"))
    catalog = verify(FolderShelf(tmp_path / "shelf"))
    assert not catalog.embeddings.in_memory
    assert np.array_equal(catalog.embeddings.present, wanted.present)
    assert report["embedded"] == int(wanted.present.sum())


def test_an_index_that_refuses_the_key_leaves_the_shelf_as_it_was(
    start: Start, pinecone: PineconeEmulator, episodes: list[Episode], tmp_path: Path
) -> None:
    store_vectors(pinecone, episodes)
    publish(start())
    before = FolderShelf(tmp_path / "shelf").current(9)
    server = start(PINECONE_API_KEY="another")
    refused = problem(server.call("POST", "/", {"full": True}), 503)
    assert "refuses the API key" in refused["detail"]
    assert "another" not in refused["detail"]
    assert FolderShelf(tmp_path / "shelf").current(9) == before
