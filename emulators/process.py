"""Other people's programs as child processes: what they need of this machine."""

import socket


class MissingError(Exception):
    """What an emulator needs is not on this machine. The message says what to do."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
