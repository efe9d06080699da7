"""Reads embeddings from an `.npz` file with `ids` (n,) strings and `vectors` (n, D) floats."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from feed.model.episode import Episode
from feed.ports.episodes import Vectors
from feed.ports.errors import Unavailable


class NpzVectors:
    """A `VectorStore` over one `.npz` file. Nothing in it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def vectors(self, episodes: Sequence[Episode]) -> Vectors:
        """The rows of these episodes, by id; a row that is not finite counts as missing.

        Raises `Unavailable` for a file of another form.
        """
        try:
            with np.load(self._path, allow_pickle=False) as file:
                ids, rows = file["ids"], file["vectors"]
        except Exception as error:  # a damaged file makes numpy raise nearly anything
            raise Unavailable(
                f"{self._path}: expected an .npz with `ids` and `vectors`: {error}"
            ) from error
        if ids.ndim != 1 or rows.ndim != 2 or len(ids) != len(rows) or rows.dtype.kind != "f":  # noqa: PLR2004
            raise Unavailable(
                f"{self._path}: expected `ids` (n,) and float `vectors` (n, D), "
                f"got {ids.shape} and {rows.dtype} {rows.shape}"
            )
        rows_by_id = {_text(name): i for i, name in enumerate(ids.tolist())}
        found = np.array([rows_by_id.get(e.id, -1) for e in episodes], np.int64)
        matrix = np.zeros((len(episodes), rows.shape[1]), np.float32)
        known = found >= 0
        matrix[known] = rows[found[known]]
        present = known & np.isfinite(matrix).all(axis=1)
        matrix[~present] = 0
        return Vectors(matrix, present, model=self._path.stem)


def _text(name: object) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name)
