"""The event loop of tests that are coroutines."""

import asyncio
from typing import Any


class EventLoop(asyncio.SelectorEventLoop):
    """Reports errors of callbacks, but for those that grpc raises for the loops of earlier tests.

    One thread of grpc serves every loop of a process, and tells a loop also of channels whose own
    loop is closed.
    """

    def set_exception_handler(self, handler: Any) -> None:
        """Set a handler that is called for all other errors."""

        def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            if str(context.get("exception")) != "Event loop is closed":
                handler(loop, context)

        super().set_exception_handler(handle if handler else None)
