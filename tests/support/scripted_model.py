"""A language model whose text a test writes, fragment by fragment."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

import numpy as np
import numpy.typing as npt

from feed.ports.errors import Refused
from feed.ports.language_model import Generated, Prompt


class ScriptedModel:
    """A `LanguageModel` that says what is put into `script`, and raises the errors in it.

    None in the script ends a text.
    """

    name = "scripted-1"

    def __init__(self) -> None:
        self.script: asyncio.Queue[str | Generated | Exception | None] = asyncio.Queue()
        self.prompts: list[Prompt] = []
        self.timeouts_s: list[float] = []
        self.under_way = 0

    def say(self, *script: str | Generated | Exception | None) -> None:
        """Add to the script."""
        for one in script:
            self.script.put_nowait(one)

    async def generate(self, prompt: Prompt, timeout_s: float) -> Generated:
        """The whole text up to its end in the script."""
        async with self.stream(prompt, timeout_s) as fragments:
            return Generated("".join([one.text async for one in fragments]))

    @asynccontextmanager
    async def stream(
        self, prompt: Prompt, timeout_s: float
    ) -> AsyncIterator[AsyncGenerator[Generated, None]]:
        """The text in the script, as it is put there."""
        self.prompts.append(prompt)
        self.timeouts_s.append(timeout_s)
        self.under_way += 1
        try:
            yield self._fragments()
        finally:
            self.under_way -= 1

    async def _fragments(self) -> AsyncGenerator[Generated, None]:
        while (one := await self.script.get()) is not None:
            if isinstance(one, Exception):
                raise one
            yield Generated(one) if isinstance(one, str) else one

    async def embed(self, texts: Sequence[str], timeout_s: float) -> npt.NDArray[np.float32]:
        """Embed nothing."""
        del timeout_s
        raise Refused(f"no vectors for {len(texts)} texts")
