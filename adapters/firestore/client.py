"""A Firestore client that detects a lost connection, and reconnects, within seconds."""

from typing import Any

import grpc
from google.cloud import firestore
from google.cloud.firestore_v1.services.firestore.transports.grpc_asyncio import (
    FirestoreGrpcAsyncIOTransport,
)

RECONNECT: tuple[tuple[str, int], ...] = (
    # By default attempts are up to two minutes apart, and a hanging one blocks the next for 20 s.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Data that are not acknowledged for so long end the connection (TCP_USER_TIMEOUT): otherwise
    # the kernel retransmits them at intervals that double each time.
    ("grpc.keepalive_timeout_ms", 5000),
)
"""channel arguments, in addition to those of Google's client"""
_ANY_SIZE = (("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1))
"""channel arguments that Google's client sets for an emulator"""


class _GrpcAsyncIOTransport(FirestoreGrpcAsyncIOTransport):
    """Google's transport, over a channel that reconnects. Google's client checks the class name."""

    @classmethod
    def create_channel(cls, *args: Any, options: Any = (), **kwargs: Any) -> grpc.aio.Channel:
        """A channel to Firestore with the options `RECONNECT`."""
        return super().create_channel(*args, options=(*options, *RECONNECT), **kwargs)


class ReconnectingClient(firestore.AsyncClient):
    """Google's client with other channel options: `RECONNECT`."""

    def _firestore_api_helper(self, _transport: Any, *modules: Any) -> Any:
        return super()._firestore_api_helper(_GrpcAsyncIOTransport, *modules)

    def _emulator_channel(self, _transport: Any) -> grpc.aio.Channel:
        """A channel to an emulator with the options `RECONNECT`."""
        options = (*_ANY_SIZE, *RECONNECT)
        return grpc.aio.insecure_channel(self._emulator_host, options=options)
