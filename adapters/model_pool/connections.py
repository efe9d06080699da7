"""Connections to models: how long they are kept, and what has to be read for that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx

KEPT_ALIVE = httpx.Limits(max_keepalive_connections=16, keepalive_expiry=120.0)
"""for each client; httpx closes what was idle for 5 s, and opening one again takes several round
trips. Their number is not limited here, but by the pool"""
DRAIN_S = 1.0


async def drain(rest: AsyncIterator[object]) -> None:
    """Read what comes after the last fragment of a stream, for a moment.

    Only a connection whose answer was read to its end is used again.
    """
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(DRAIN_S):
            async for _ in rest:
                pass
