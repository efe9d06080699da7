"""Port of generative language models: text from a prompt, whole or as it is generated, and vectors.

A model is pooled, slow and dear. What calls it has an answer of its own for when there is none.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from feed.ports.errors import Refused, Unavailable


class Overloaded(Unavailable):
    """The queue for the model is full: the request was shed before any work was done."""

    def __init__(self, reason: str, retry_after_s: int) -> None:
        """`retry_after_s` says after how many seconds another attempt is worth it."""
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class Blocked(Refused):
    """The model refuses to answer this prompt, for reasons of safety. Another attempt is no use."""


class Unfinished(Refused):
    """The model ended its answer too early, such as at the prompt's limit, and would do so again.

    The dependency is healthy, and the call is charged for.
    """


class Malformed(Unavailable):
    """The model answered in another form than it was asked for. The call is charged for."""


class Interrupted(Unavailable):
    """A stream ended before the model had finished. What came so far is not the whole text."""


class Picture(NamedTuple):
    """A picture in a prompt."""

    media_type: str
    """like `image/jpeg`"""
    data: bytes


class Turn(NamedTuple):
    """One contribution to a conversation."""

    role: Literal["user", "model"]
    text: str


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What a model is asked."""

    turns: Sequence[Turn]
    """the conversation so far, oldest first; the last one is the user's"""
    system: str = ""
    """instructions that hold for the whole conversation"""
    picture: Picture | None = None
    """seen with the last turn"""
    schema: Mapping[str, Any] | None = None
    """JSON Schema of the answer, which is then JSON; None: plain text"""
    max_tokens: int = 1024
    """the longest answer"""
    temperature: float = 0.2


class Usage(NamedTuple):
    """Tokens that a call was charged for."""

    input_tokens: int = 0
    output_tokens: int = 0


class Generated(NamedTuple):
    """Text that a model generated, or the next fragment of it."""

    text: str
    usage: Usage = Usage()
    """of the whole call; of a stream, zero in all fragments but the last"""


class LanguageModel(Protocol):
    """A pool of equal models. Calls raise `Overloaded`, `Blocked`, `Refused`, `Unavailable`."""

    @property
    def name(self) -> str:
        """The model's name, for answers and as part of the keys of caches."""

    async def generate(self, prompt: Prompt, timeout_s: float) -> Generated:
        """The whole answer to a prompt."""

    def stream(
        self, prompt: Prompt, timeout_s: float
    ) -> AbstractAsyncContextManager[AsyncGenerator[Generated, None]]:
        """The answer to a prompt, fragment by fragment as it is generated.

        Leaving the context cancels the call. `timeout_s` is the time until the first fragment, and
        between two. After the first fragment raises `Interrupted` where the model breaks off, and
        `Blocked` where it refuses to go on.
        """

    async def embed(self, texts: Sequence[str], timeout_s: float) -> npt.NDArray[np.float32]:
        """(len(texts), D) unit vectors of texts. Raises `Refused` if the model has none."""


class RegionState(NamedTuple):
    """What a pool knows of one of its regions."""

    name: str
    circuit: Literal["closed", "open", "half_open"]
    """`open` after several failures in a row: it is not asked; `half_open`: one request probes"""
    failures: int
    """in a row, up to now"""
    active: int
    """requests under way"""
    latency_ms: Mapping[str, float]
    """recent mean until a `generate`, the first fragment of a `stream` or an `embed`"""
    results: Mapping[str, int]
    """requests since the process started, by result"""


class PoolState(NamedTuple):
    """What is under way in a pool of models, and what waits for it."""

    regions: Sequence[RegionState]
    active: int
    """requests under way, those between two regions included"""
    capacity: int
    """requests under way at most"""
    waiting: int
    """requests that wait for their turn"""
    queue_size: int
    """requests that wait at most"""
    shed: int
    """requests refused since the process started, because the queue was full or too slow"""
