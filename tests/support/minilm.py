"""A stand-in for the files of MiniLM: random weights in the layout of the real ones, one layer."""

import json
import struct
from pathlib import Path

import numpy as np

from adapters.minilm.model import DIMENSION

INNER = 8
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "!", "東", "##s", "##ing"]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def write_stand_in(folder: Path) -> Path:
    """Write the files into a new folder; each letter is a piece. Returns the folder."""
    folder.mkdir()
    pieces = [*PIECES, *LETTERS, *(f"##{one}" for one in LETTERS)]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", "utf-8")
    rng = np.random.default_rng(5)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(pieces), DIMENSION),
        "embeddings.position_embeddings.weight": (512, DIMENSION),
        "embeddings.token_type_embeddings.weight": (2, DIMENSION),
    }
    layer = "encoder.layer.0"
    dense = {f"{layer}.attention.self.{part}": (DIMENSION, DIMENSION) for part in _HEADS}
    dense[f"{layer}.attention.output.dense"] = (DIMENSION, DIMENSION)
    dense[f"{layer}.intermediate.dense"] = (INNER, DIMENSION)
    dense[f"{layer}.output.dense"] = (DIMENSION, INNER)
    for name, shape in dense.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    for norm in ("embeddings", f"{layer}.attention.output", f"{layer}.output"):
        shapes |= {f"{norm}.LayerNorm.{part}": (DIMENSION,) for part in ("weight", "bias")}
    header, data = {}, bytearray()
    for name, shape in shapes.items():
        values = rng.normal(0, 0.05, shape).astype("<f4") + ("LayerNorm.weight" in name)
        offsets = [len(data), len(data) + 4 * values.size]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": offsets}
        data += values.astype("<f4").tobytes()
    encoded = json.dumps(header).encode()
    encoded += b" " * (-len(encoded) % 8)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(encoded)) + encoded + data)
    return folder


_HEADS = ("query", "key", "value")
