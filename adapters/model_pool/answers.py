"""What is made of a model's answers in the same way for each vendor."""

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from feed.ports.errors import Unavailable
from feed.ports.language_model import Malformed, Prompt, Unfinished

_TINY = 1e-12


def complete(text: str, prompt: Prompt, where: str, *, is_cut: bool) -> str:
    """The text of an answer, if it is one: not empty, and JSON if the prompt has a schema.

    Raises `Malformed`, since another attempt may be answered better, but `Unfinished` where
    the answer was cut off (`is_cut`) at the prompt's limit, as each attempt would be.
    """
    if text and (prompt.schema is None or _is_json(text)):
        return text
    wrong = "an answer that is no JSON" if text else "an answer without text"
    if is_cut:
        raise Unfinished(f"{where}: {wrong} within {prompt.max_tokens} tokens")
    raise Malformed(f"{where}: {wrong}")


def unit_vectors(
    vectors: Sequence[Sequence[float]], count: int, where: str
) -> npt.NDArray[np.float32]:
    """(count, D) vectors of length 1; a zero vector stays zero.

    Raises `Unavailable` unless there are `count` vectors of one dimension.
    """
    if len(vectors) != count or len(set(map(len, vectors))) > 1 or not all(map(len, vectors)):
        raise Unavailable(f"{where}: expected {count} vectors of one dimension")
    matrix = np.array(vectors, np.float32)
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    unit: npt.NDArray[np.float32] = matrix / np.maximum(lengths, _TINY)
    return unit


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):  # the latter for half of a surrogate pair
        return False
    return True
