"""The audio of the demo's episodes, made for the range of bytes that is asked for.

Served only beside the page on one machine (`WEB`); in the cloud nothing has this address.
"""

import asyncio
import re
from collections.abc import AsyncIterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from functions.demo.sound import Sound
from functions.problems import ProblemError
from functions.serving.service import Service
from functions.telemetry import Timings

PATH = "/demo-audio/{episode_id}.wav"
_PIECE_BYTES = 1 << 17
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_UNKNOWN_S = 600.0
"""length of an episode whose duration is not known"""


class _Card(msgspec.Struct):
    duration_s: float | None = None


async def audio(service: Service, request: Request, timings: Timings) -> Response:
    """Answer an episode's sound, as long as the episode, or a range of its bytes."""
    catalog = (await service.catalog(timings)).catalog
    episode_id = request.path_params["episode_id"]
    row = int(catalog.rows([episode_id])[0])
    if row < 0:
        raise ProblemError(404, "not-found", "there is no such episode", log_text="no such episode")
    card = msgspec.json.decode(catalog.cards.raw(row), type=_Card)
    sound = Sound(episode_id, card.duration_s or _UNKNOWN_S)
    start, stop = _range(request.headers.get("range", ""), sound.size)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(stop - start)}
    is_part = "range" in request.headers and stop - start < sound.size
    if is_part or start:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{sound.size}"
    status = 206 if "Content-Range" in headers else 200
    return StreamingResponse(_pieces(sound, start, stop), status, headers, "audio/wav")


async def _pieces(sound: Sound, start: int, stop: int) -> AsyncIterator[bytes]:
    """Yield the bytes of a range as they are wanted."""
    for at in range(start, stop, _PIECE_BYTES):
        yield await asyncio.to_thread(sound.read, at, min(at + _PIECE_BYTES, stop))


def _range(header: str, size: int) -> tuple[int, int]:
    """Return the first byte that a header `Range` asks for, and the one after the last.

    Without a header, or with one of several ranges, it is all of them (RFC 9110, section 14.2).
    Raises `ProblemError` 416 for a range outside of the file.
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or not any(found.groups()):
        return 0, size
    first, last = found.groups()
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if start >= min(stop, size):
        raise ProblemError(
            416,
            "range-not-satisfiable",
            f"the file has {size} bytes",
            expected="a range within the file",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return start, stop
