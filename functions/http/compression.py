"""Compression of answers with gzip, for clients that accept it.

Outgoing bytes cost more than the processor time of a session. Every client takes gzip and the
standard library has it; its fastest level is used, since the next ones save 3% for a third more
time.
"""

import zlib

from starlette.responses import Response

MIN_BYTES = 1024
"""a shorter body fits one packet anyway"""
LEVEL = 1
GZIP = 31
"""zlib's number for gzip's format with the largest window"""


def compress(response: Response, accept_encoding: str) -> None:
    """Gzip the body of a response in place, if it is large and Accept-Encoding allows it."""
    if type(response) is not Response or len(response.body) < MIN_BYTES:
        return  # files and streams have no body in memory
    response.headers.add_vary_header("Accept-Encoding")
    if accepts_gzip(accept_encoding):
        response.body = zlib.compress(response.body, LEVEL, GZIP)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.body))


def accepts_gzip(accept_encoding: str) -> bool:
    """Return whether an Accept-Encoding names gzip with a weight above 0 (RFC 9110, 12.5.3)."""
    for one in accept_encoding.lower().split(","):
        name, _, weight = (part.strip() for part in one.partition(";"))
        if name in {"gzip", "x-gzip"}:
            return weight.removeprefix("q=").strip("0.") != "" or not weight
    return False
