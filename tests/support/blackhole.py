"""A TCP proxy that can fall silent: no byte passes, and no connection is closed."""

import asyncio
import threading
from contextlib import suppress


class Blackhole:
    """Passes bytes on in both directions, unless it is `silent`."""

    def __init__(self, port: int) -> None:
        """Forward to a port of this machine."""
        self._target = port
        self.silent = False
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._ready.wait()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await self._stopped.wait()

    async def _connected(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        await self._heard()
        try:
            far, there = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            back.close()
            return
        with suppress(asyncio.CancelledError):  # the end of the proxy is no trouble
            await asyncio.gather(self._pass(near, there), self._pass(far, back))

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await self._heard()
                target.write(data)
                await target.drain()
        except OSError:
            pass  # a side is gone: so is the connection
        finally:
            target.close()

    async def _heard(self) -> None:
        while self.silent:  # noqa: ASYNC110  # it is set from another thread
            await asyncio.sleep(0.01)

    def stop(self) -> None:
        """Stop the proxy, and close every connection."""
        self._loop.call_soon_threadsafe(self._stopped.set)
