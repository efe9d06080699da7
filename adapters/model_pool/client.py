"""What a vendor's adapter offers to the pool: calls to one region, without limits of their own."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from feed.ports.language_model import Generated, Prompt


class ModelClient(Protocol):
    """Calls to the model in one region. The pool limits their time, and cancels them.

    Calls raise `Overloaded` where the region has no capacity at present, `Unavailable` where
    another region may succeed, and `Blocked` or `Refused` where none would.
    """

    async def generate(self, prompt: Prompt) -> Generated:
        """The whole answer to a prompt; valid JSON if the prompt has a schema."""

    def stream(self, prompt: Prompt) -> AsyncGenerator[Generated, None]:
        """The answer in fragments; none but the last one is empty. Closing it ends the call."""

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """(len(texts), D) unit vectors of texts. Raises `Refused` if the model has none."""

    async def aclose(self) -> None:
        """Close the connections."""
