from tests.support.buckets import bucket, open_shelf, other, shelf
from tests.support.counting_proxy import counted
from tests.support.emulators import client, hanging_firestore, unreachable_firestore
from tests.support.pinecone import _pinecone_server, pinecone

__all__ = ["_pinecone_server", "bucket", "client", "counted", "open_shelf", "other", "pinecone"]
__all__ += ["hanging_firestore", "shelf", "unreachable_firestore"]
