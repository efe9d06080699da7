"""The contract of sources of embeddings."""

import random
from pathlib import Path

import numpy as np
import pytest

from adapters import text_embedder
from adapters.minilm.vectors import MiniLmVectors
from adapters.npz import NpzVectors
from adapters.text_embedder import LsaVectors
from catalog_builder.episodes import demo
from catalog_builder.episodes.validation import validate_episodes
from feed.model.episode import Episode
from feed.ports.episodes import SourceRecord, VectorStore
from feed.ports.errors import Unavailable
from tests.support.catalogs import NOW, episodes, vectors_of
from tests.support.minilm import write_stand_in


class VectorStoreContract:
    """The suite. `known` are episodes that the store has, or can make, embeddings for."""

    @pytest.fixture
    def known(self) -> list[Episode]:
        return episodes(250)

    def test_rows_are_in_the_episodes_order(self, store: VectorStore, known: list[Episode]) -> None:
        there, back = store.vectors(known), store.vectors(known[::-1])
        assert there.matrix.shape[0] == len(known) == len(there.present)
        assert there.present.any()
        cosines = (there.matrix @ there.matrix.T)[:20, :20]
        backwards = (back.matrix @ back.matrix.T)[::-1, ::-1][:20, :20]
        assert cosines == pytest.approx(backwards, abs=0.05)

    def test_the_same_episodes_give_the_same_bytes(
        self, store: VectorStore, known: list[Episode]
    ) -> None:
        one, other = store.vectors(known), store.vectors(known)
        assert one.matrix.tobytes() == other.matrix.tobytes()
        assert one.present.tobytes() == other.present.tobytes()
        assert one.model == other.model

    def test_rows_are_float32_finite_and_zero_where_there_is_none(
        self, store: VectorStore, known: list[Episode]
    ) -> None:
        vectors = store.vectors(known)
        assert vectors.matrix.dtype == np.float32
        assert np.isfinite(vectors.matrix).all()
        assert not vectors.matrix[~vectors.present].any()
        assert vectors.matrix[vectors.present].any(axis=1).all()

    def test_no_episodes_have_no_rows(self, store: VectorStore) -> None:
        vectors = store.vectors([])
        assert vectors.matrix.shape[0] == 0
        assert vectors.matrix.shape[1] >= 8


class TestMiniLm(VectorStoreContract):
    @pytest.fixture
    def known(self) -> list[Episode]:
        return episodes(20)  # each takes a hundred times as long as with the others

    @pytest.fixture
    def store(self, tmp_path: Path) -> VectorStore:
        return MiniLmVectors(write_stand_in(tmp_path / "model"))


class TestNpz(VectorStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path, known: list[Episode]) -> VectorStore:
        vectors = vectors_of(known)
        rows = np.flatnonzero(vectors.present)[::-1]
        ids = np.array([known[int(row)].id for row in rows])
        np.savez(tmp_path / "v.npz", ids=ids, vectors=vectors.matrix[rows].astype(np.float16))
        return NpzVectors(tmp_path / "v.npz")

    def test_an_episode_that_the_file_lacks_has_no_embedding(
        self, store: VectorStore, known: list[Episode]
    ) -> None:
        assert (store.vectors(known).present == vectors_of(known).present).all()

    @pytest.mark.parametrize(
        "arrays",
        [
            {"ids": np.array(["a"])},
            {"ids": np.array(["a"]), "vectors": np.zeros((2, 8))},
            {"ids": np.array(["a"]), "vectors": np.zeros((1, 8), int)},
            {"ids": np.array([["a"]]), "vectors": np.zeros((1, 8))},
            {"ids": np.array(["a", None], object), "vectors": np.zeros((2, 8))},
        ],
    )
    def test_a_file_of_another_shape_is_refused_and_nothing_is_unpickled(
        self, tmp_path: Path, arrays: dict[str, np.ndarray]
    ) -> None:
        np.savez(tmp_path / "v.npz", **arrays)
        with pytest.raises(Unavailable, match=r"v\.npz"):
            NpzVectors(tmp_path / "v.npz").vectors(episodes(2))

    def test_a_file_that_is_no_npz_or_not_there_is_unavailable(self, tmp_path: Path) -> None:
        (tmp_path / "v.npz").write_bytes(b"nothing of the kind")
        for name in ("v.npz", "nowhere.npz"):
            with pytest.raises(Unavailable):
                NpzVectors(tmp_path / name).vectors(episodes(2))


@pytest.fixture(scope="module")
def demo_episodes() -> list[Episode]:
    records = (SourceRecord(f"{i}", e) for i, e in enumerate(demo.episodes(NOW.date())))
    return validate_episodes(records).episodes[:300]


class TestLsa(VectorStoreContract):
    @pytest.fixture
    def known(self, demo_episodes: list[Episode]) -> list[Episode]:
        return demo_episodes[:60]

    @pytest.fixture
    def store(self, monkeypatch: pytest.MonkeyPatch) -> VectorStore:
        monkeypatch.setattr(text_embedder, "DIMENSION", 56)  # a large catalog has more episodes
        return LsaVectors()


@pytest.fixture
def store() -> VectorStore:
    return LsaVectors()


def test_episodes_of_one_category_are_nearer_than_those_of_two(
    store: VectorStore, demo_episodes: list[Episode], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_embedder, "DIMENSION", 64)
    matrix = store.vectors(demo_episodes).matrix
    majors = [e.categories.major[0] if e.categories else "" for e in demo_episodes]
    cosines = matrix @ matrix.T
    is_other = ~np.eye(len(majors), dtype=bool)
    same = np.array([[a == b for b in majors] for a in majors]) & is_other
    assert cosines[same].mean() > 3 * cosines[~same & is_other].mean()


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_a_small_catalog_is_embedded_too(store: VectorStore, count: int) -> None:
    vectors = store.vectors(episodes(count))
    assert vectors.matrix.shape == (count, 256)
    assert vectors.present.all()


def test_scripts_without_spaces_are_embedded_too(store: VectorStore) -> None:
    letters = [chr(0x4E00 + i) for i in range(400)]
    rng = random.Random(0)
    some = [
        Episode(id=f"{i}", title="".join(rng.choices(letters, k=12)), published_at=NOW)
        for i in range(300)
    ]
    assert store.vectors(some).present.all()


def test_where_no_two_episodes_share_a_word_they_are_embedded_all_the_same(
    store: VectorStore,
) -> None:
    some = [Episode(id=f"{i}", title=f"word{i}", published_at=NOW) for i in range(300)]
    assert store.vectors(some).present.any()


def test_an_episode_without_a_word_has_no_embedding(store: VectorStore) -> None:
    silent = Episode(id="s", title="...", published_at=NOW)
    assert store.vectors([silent]).present.tolist() == [False]
    assert store.vectors([*episodes(5), silent]).present.tolist() == [True] * 5 + [False]
