"""Generation: a model's text as far as it may be shown, and what came of the call."""

import asyncio
from collections.abc import AsyncGenerator

from feed.model.degradation import Degradation
from feed.ports.errors import Unavailable
from feed.ports.language_model import Blocked, Generated, LanguageModel, Prompt, Usage
from functions.ask.output import OutputFilter
from functions.telemetry import Timings

ANSWER_S = 45.0
"""time after the request in which a text has to be complete; a stream has 55 s"""


class Generation:
    """One call to a model. The attributes hold once `texts` has ended."""

    def __init__(self, model: LanguageModel, prompt: Prompt, sources: int) -> None:
        """Prepare the call; the text may cite the sources 1 to `sources`."""
        self._model = model
        self._prompt = prompt
        self._output = OutputFilter(sources)
        self.began = False
        """whether any text came"""
        self.failure: Degradation | None = None
        """why it ended before the model had finished, if it did"""
        self.reason = ""
        """of the failure, for the log"""
        self.usage = Usage()

    @property
    def citations_removed(self) -> int:
        """The number of citations of sources that were not given."""
        return self._output.citations_removed

    async def texts(self, timings: Timings, timeout_s: float) -> AsyncGenerator[str, None]:
        """Yield the text piece by piece; a failure ends it, and raises nothing.

        `timeout_s` is the time until the first fragment, and between two; no text is waited for
        beyond `ANSWER_S`.
        """
        timeout_s = min(timeout_s, _left_s(timings))
        try:
            async with self._model.stream(self._prompt, timeout_s) as fragments:
                while (fragment := await _next(fragments, timings)) is not None:
                    if any(fragment.usage):
                        self.usage = fragment.usage
                    if text := self._output.feed(fragment.text):
                        self.began = True
                        yield text
        except Blocked as error:
            self._fail(Degradation.MODEL_BLOCKED, str(error))
        except (TimeoutError, Unavailable) as error:
            began = self.began
            cause = Degradation.ANSWER_INCOMPLETE if began else Degradation.MODEL_UNAVAILABLE
            self._fail(cause, str(error) or "there was no time left")
        if text := self._output.close():
            self.began = True
            yield text
        if not self.began and self.failure is None:
            self._fail(Degradation.MODEL_UNAVAILABLE, "it answered without a text")

    def _fail(self, cause: Degradation, reason: str) -> None:
        self.failure, self.reason = cause, reason


async def _next(fragments: AsyncGenerator[Generated, None], timings: Timings) -> Generated | None:
    """Return the next fragment, or None after the last. Raises TimeoutError beyond `ANSWER_S`.

    No timeout is open while a fragment is sent on: a client may be slow.
    """
    async with asyncio.timeout(_left_s(timings)):
        return await anext(fragments, None)


def _left_s(timings: Timings) -> float:
    return max(0.0, ANSWER_S - timings.total_s)
