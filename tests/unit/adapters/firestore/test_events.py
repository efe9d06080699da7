"""An event names users by its path, or by the one field that is decoded from its payload."""

import pytest
from google.cloud.firestore_v1.types import Document, Value

from adapters.firestore.events import EventReader, _Event
from adapters.firestore.schema.schema import PLAIN
from adapters.firestore.schema.values import Refusal
from feed.ports.users import Change
from tests.support.app import APP


def document(field: str, **value: object) -> Document:
    return Document(fields={field: Value(**value)})


def payload(**documents: Document) -> bytes:
    data: bytes = _Event.serialize(_Event(**documents))
    return data


def test_a_path_that_names_the_user_needs_no_payload() -> None:
    read = EventReader(APP).changes
    assert read("members/u/likes/1", b"\xff") == [Change("u", "likes/1")]
    assert read("users/u/earshot_engagements/1", b"") == [Change("u", "1")]
    assert read("users/u/earshot/profile", b"") == [Change("u", None)]
    assert read("users/u/earshot/deleted", b"") == [Change("u", None, rebuild=True)]
    for path in ("users/u/earshot/summary", "members/u", "users/u/engagements/1", "listens/1/x/2"):
        assert read(path, b"") == []
    assert EventReader(PLAIN).changes("listens/1", b"") == []


def test_the_users_before_and_after_a_change_are_named() -> None:
    read = EventReader(APP).changes
    ann, bob = document("userId", string_value="ann"), document("userId", string_value="bob")
    both = payload(value=ann, old_value=bob)
    assert read("listens/1", both) == [Change("ann", "listens/1"), Change("bob", "listens/1")]
    assert read("listens/1", payload(old_value=bob)) == [Change("bob", "listens/1")]
    reference = "projects/p/databases/(default)/documents/members/ann"
    rating = payload(value=document("who", reference_value=reference))
    assert read("ratings/1", rating) == [Change("ann", "ratings/1")]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xff",
        payload(value=document("userId", boolean_value=True)),
        payload(value=document("userId", string_value="")),
        payload(value=document("other", string_value="ann")),
    ],
)
def test_a_payload_without_a_user_is_refused(data: bytes) -> None:
    with pytest.raises(Refusal):
        EventReader(APP).changes("listens/1", data)
