"""Downloads: an answer that is sent piece by piece, as a file to keep."""

import zlib
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from functions.http.compression import GZIP, LEVEL
from functions.http.event_stream import unless_hung_up

if TYPE_CHECKING:
    from functions.telemetry import Timings


class Download(Response):
    """A response that sends each piece of a file as it comes, so that it never is in memory whole.

    If a piece fails, the answer is broken off, so that no client takes a part for the whole. A
    client that hangs up ends the generator of the pieces.
    """

    media_type = "application/json"

    def __init__(self, pieces: AsyncGenerator[bytes, None], *, name: str, gzip: bool) -> None:
        """Send pieces of JSON as a file of this name, which is ASCII; compressed with `gzip`."""
        self.status_code = 200
        self.background = None
        self.init_headers(
            {
                "Cache-Control": "no-store",
                "Content-Disposition": f'attachment; filename="{name}"',
                "Vary": "Accept-Encoding",
                **({"Content-Encoding": "gzip"} if gzip else {}),
            }
        )
        self._pieces = pieces
        self._compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP) if gzip else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file until it ends, or until the client hangs up."""
        timings: Timings = scope["state"]["timings"]
        headers = self.raw_headers
        try:
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": headers}
            )
            if not await unless_hung_up(receive, self._send_all(send)):
                timings.log_fields["hung_up"] = True
        finally:
            await self._pieces.aclose()

    async def _send_all(self, send: Send) -> None:
        packer = self._compressor
        async for piece in self._pieces:
            body = packer.compress(piece) if packer else piece
            await send({"type": "http.response.body", "body": body, "more_body": True})
        end = packer.flush() if packer else b""
        await send({"type": "http.response.body", "body": end, "more_body": False})
