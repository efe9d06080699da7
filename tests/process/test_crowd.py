"""Many clients that ask again at once: each is answered."""

import selectors
import socket
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.support.catalogs import catalog_of, episodes, publish_to
from tests.support.server import Server

CONNECTIONS = 200
REQUEST = (
    b"POST /api/sessions/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)


def test_a_new_connection_waits_for_no_end_of_others_requests(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(400)))
    port = start_server().port
    answers: Counter[socket.socket] = Counter()
    with selectors.DefaultSelector() as selector:
        crowd = [socket.create_connection(("127.0.0.1", port), 30) for _ in range(CONNECTIONS)]
        for connection in crowd:
            selector.register(connection, selectors.EVENT_READ, bytearray())
            connection.sendall(REQUEST)
        # Until each has been answered once, or others so often that one was clearly passed over.
        while len(answers) < CONNECTIONS and answers.total() < 20 * CONNECTIONS:
            for key, _ in selector.select(30):
                if _is_whole(key.data, key.fileobj.recv(65_536)):
                    key.data.clear()
                    answers[key.fileobj] += 1
                    key.fileobj.sendall(REQUEST)
    for connection in crowd:
        connection.close()
    assert len(answers) == CONNECTIONS


def _is_whole(received: bytearray, more: bytes) -> bool:
    """Whether the answer is complete with what has come."""
    received += more
    head, separator, body = bytes(received).partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return bool(separator) and len(body) >= int(length)
