"""A client of Firestore that notices a lost connection, and opens another, within seconds."""

from typing import Any

import grpc
from google.cloud import firestore
from google.cloud.firestore_v1.services.firestore.transports.grpc_asyncio import (
    FirestoreGrpcAsyncIOTransport,
)

RECONNECT: tuple[tuple[str, int], ...] = (
    # By default attempts are up to two minutes apart, and one that hangs blocks the next for 20 s.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # What was sent and is not acknowledged for so long ends a connection (TCP_USER_TIMEOUT):
    # otherwise the kernel sends it again after pauses that double each time.
    ("grpc.keepalive_timeout_ms", 5000),
)
"""channel arguments, beside those of Google's client"""
_ANY_SIZE = (("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1))
"""what Google's client sets for an emulator, too"""


class _GrpcAsyncIOTransport(FirestoreGrpcAsyncIOTransport):
    """Google's transport, over a channel that reconnects. Google's client looks at its name."""

    @classmethod
    def create_channel(cls, *args: Any, options: Any = (), **kwargs: Any) -> grpc.aio.Channel:
        """The channel to Firestore itself."""
        return super().create_channel(*args, options=(*options, *RECONNECT), **kwargs)


class ReconnectingClient(firestore.AsyncClient):
    """Google's client. Of its channel only the options are others."""

    def _firestore_api_helper(self, _transport: Any, *modules: Any) -> Any:
        return super()._firestore_api_helper(_GrpcAsyncIOTransport, *modules)

    def _emulator_channel(self, _transport: Any) -> grpc.aio.Channel:
        """The channel to an emulator."""
        options = (*_ANY_SIZE, *RECONNECT)
        return grpc.aio.insecure_channel(self._emulator_host, options=options)
