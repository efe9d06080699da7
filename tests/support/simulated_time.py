"""An event loop whose time passes at once: a sleep of an hour takes none."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.SelectSelector):
    """Never waits: it moves the loop's clock instead."""

    loop: "SimulatedLoop"

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout:
            self.loop.now_s += timeout
        return super().select(0)


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Runs what is due, then sets its clock to what is due next. Threads run at once."""

    now_s = 0.0

    def __init__(self) -> None:
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        """Return the simulated time, in seconds."""
        return self.now_s

    def run_in_executor(self, _executor: Any, func: Callable[..., T], *args: Any) -> Any:
        """Call a function now, in place of a thread."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  # as an executor does
            done.set_exception(error)
        return done


def in_simulated_time(work: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine that is run in simulated time."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(work)
