from pathlib import Path

import numpy as np
import pytest

from adapters.folder.build_cache import FolderBuildCache
from adapters.minilm import vectors as minilm_vectors
from adapters.minilm.model import MiniLm, ModelMissingError, find_folder
from adapters.minilm.tokenizer import WordPiece
from adapters.minilm.vectors import MiniLmVectors
from tests.support.catalogs import episodes
from tests.support.minilm import LETTERS, PIECES, write_stand_in

NUMBERS = {piece: n for n, piece in enumerate([*PIECES, *LETTERS, *("##" + x for x in LETTERS)])}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_stand_in(tmp_path_factory.mktemp("minilm") / "model")


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("as", "a ##s"),
        ("Bing!", "b ##ing !"),  # the longest pieces first
        ("\u00e9\tA", "e a"),  # without accent and case
        ("a東b", "a 東 b"),
        ("a\u200bb\x00c", "a ##b ##c"),  # control characters are nothing
        ("京 a", "[UNK] a"),
        ("a" * 101, "[UNK]"),
        ("", ""),
    ],
)
def test_a_text_is_cut_into_the_longest_pieces(folder: Path, text: str, pieces: str) -> None:
    expected = [NUMBERS[one] for one in ["[CLS]", *pieces.split(), "[SEP]"]]
    assert WordPiece(folder / "vocab.txt").encode(text, 50) == expected


def test_a_long_text_is_cut_and_still_ends(folder: Path) -> None:
    encoded = WordPiece(folder / "vocab.txt").encode("a b c d e", 4)
    assert encoded == [NUMBERS[one] for one in ("[CLS]", "a", "b", "[SEP]")]


def test_files_of_another_form_are_refused(tmp_path: Path, folder: Path) -> None:
    for damaged in (b"", b"\xff" * 20, (folder / "model.safetensors").read_bytes()[:9000]):
        (tmp_path / "model.safetensors").write_bytes(damaged)
        (tmp_path / "vocab.txt").write_text("\n".join(PIECES))
        with pytest.raises(ModelMissingError, match="minilm"):
            MiniLm(tmp_path)


def test_only_texts_that_the_cache_lacks_are_embedded(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = episodes(12)
    cache = FolderBuildCache(tmp_path)
    first = MiniLmVectors(folder, cache).vectors(some[:9])
    embedded: list[str] = []

    class Counting(MiniLm):
        def embed(self, texts: list[str]) -> np.ndarray:  # type: ignore[override]
            embedded.extend(texts)
            return super().embed(texts)

    monkeypatch.setattr(minilm_vectors, "MiniLm", Counting)
    again = MiniLmVectors(folder, cache).vectors(some[::-1])
    assert len(embedded) == 2 * 3
    assert again.matrix[::-1][:9].tobytes() == first.matrix.tobytes()


def test_the_real_model_gives_the_vectors_of_its_authors_software() -> None:
    try:
        model = MiniLm(find_folder())
    except ModelMissingError as error:
        pytest.skip(str(error))
    texts = ["how should governments regulate AI?", "heat from deep under the ground for power"]
    # Computed with sentence-transformers 6.2.
    expected = [
        [-0.009045, -0.003487, 0.032586, -0.040415],
        [-0.055018, 0.047625, 0.101523, 0.043421],
    ]
    assert model.embed(texts)[:, :4] == pytest.approx(np.array(expected), abs=1e-5)
