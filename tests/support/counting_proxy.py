"""A proxy of the Firestore emulator that counts calls, and can refuse them."""

import math
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.cloud.firestore_v1 import types

from emulators.firestore import FirestoreEmulator

_DOCUMENTS = {
    "BatchGetDocuments": (types.BatchGetDocumentsResponse, ("found", "missing")),
    "RunQuery": (types.RunQueryResponse, ("document",)),
}
"""responses that are billed as a read of one document, missing ones included"""
_LEAST_ONE = {"RunQuery", "RunAggregationQuery"}
"""calls that are billed as a read even if they find nothing"""
ENTRIES_A_READ = 1000
"""entries of an index that a count is billed a read for"""


class CountingProxy(grpc.GenericRpcHandler):
    """Passes every call on to the emulator, and counts calls and documents read."""

    def __init__(self, emulator_host: str) -> None:
        self.calls: Counter[str] = Counter()
        self.documents_read = 0
        self.reads_billed = 0
        """document reads of the bill: at least one for each query, and for each count one for each
        1,000 that it counted"""
        self.refuse: grpc.StatusCode | None = None
        """the status of every call, which is then not passed on"""
        self.refuse_late: grpc.StatusCode | None = None
        """the status of every call after it took effect"""
        self._channel = grpc.insecure_channel(emulator_host)
        self._server = grpc.server(ThreadPoolExecutor(16), handlers=[self])
        self.host = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """Return a handler that passes a method's bytes on."""
        method = handler_call_details.method
        metadata = [
            (key, value)
            for key, value in handler_call_details.invocation_metadata
            if not key.startswith(("grpc-", ":")) and key != "user-agent"
        ]
        name = method.rpartition("/")[2]

        def forward(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
            self.calls[name] += 1
            if self.refuse:
                context.abort(self.refuse, "told to refuse")
            call = self._channel.stream_stream(method)(
                requests, metadata=metadata, timeout=context.time_remaining()
            )
            billed = 0
            try:
                for response in call:
                    billed += self._count(name, response)
                    if self.refuse_late:
                        context.abort(self.refuse_late, "told to lose the answer")
                    yield response
                self.reads_billed += max(billed, name in _LEAST_ONE)
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())

        return grpc.stream_stream_rpc_method_handler(forward)

    def _count(self, name: str, response: bytes) -> int:
        """Count the documents in a response; returns the reads that it is billed as."""
        if name == "RunAggregationQuery":
            answer = types.RunAggregationQueryResponse.deserialize(response)
            values = answer.result.aggregate_fields.values()
            return sum(math.ceil(one.integer_value / ENTRIES_A_READ) for one in values)
        if name not in _DOCUMENTS:
            return 0
        kind, fields = _DOCUMENTS[name]
        message = kind.pb(kind.deserialize(response))
        read = any(message.HasField(field) for field in fields)
        self.documents_read += read
        return int(read)

    def stop(self) -> None:
        """End it."""
        self._server.stop(None).wait()
        self._channel.close()


@pytest.fixture
def counted(
    firestore_emulator: FirestoreEmulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CountingProxy]:
    """A proxy that Google's clients made in this test go through."""
    proxy = CountingProxy(firestore_emulator.host)
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", proxy.host)
    yield proxy
    proxy.stop()
