"""A schema is checked as a whole, and says what it cannot use."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.firestore.schema.engagements import UserField
from adapters.firestore.schema.schema import PLAIN, Schema, SchemaError, parse_schema, read_schema
from adapters.firestore.schema.values import Refusal, duration_s, instant_us, share
from feed.model.engagement import Engagement
from feed.model.timestamps import from_us

APP = b"""
database = "podcasts"
[earshot]
engagements = "users/{uid}/earshot_engagements"
[[engagements]]
path = "listens/{id}"
user = "userId"
episode = "media.ref"
type = {field = "action", values = {play = "listen", fav = "bookmark"}, ignored = ["pause"]}
timestamp = {field = "at", unit = "milliseconds"}
progress = {position = "pos", duration = "len"}
[[engagements]]
path = "users/{uid}/engagements/{id}"
name = "likes"
episode = "episode"
type = "like"
timestamp = "created"
[profile]
path = "users/{uid}"
category_interests = "prefs.topics"
muted_series = "muted"
"""
LISTEN = {"userId": "u", "media": {"ref": 7}, "action": "play", "at": 1_000, "pos": 30, "len": 40}


class Ref:
    id, path = "e1", "podcasts/p/episodes/e1"


@pytest.fixture(scope="module")
def schema() -> Schema:
    return parse_schema(APP)


def test_no_file_is_the_plain_layout() -> None:
    assert read_schema("") == PLAIN == parse_schema(b"")
    assert PLAIN.earshot.document("summary").text == "users/{uid}/earshot/summary"


def test_documents_of_the_app_become_engagements(schema: Schema) -> None:
    listens, likes = schema.engagements
    assert listens.engagement("a", LISTEN) == Engagement(
        id="listens/a", episode_id="7", type="listen", timestamp_us=1_000_000, progress=0.75
    )
    assert listens.user_of(LISTEN) == "u"
    like = {"episode": Ref(), "created": datetime(1970, 1, 1, tzinfo=UTC)}
    assert likes.engagement("a", like) == Engagement(
        id="likes/a", episode_id="e1", type="like", timestamp_us=0
    )
    assert listens.engagement("a", LISTEN | {"action": "pause"}) is None
    assert listens.document_id("likes/a") is None
    assert listens.document_id("listens/a") == "a"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"action": "skip"}, "action has a value that the schema does not name"),
        ({"action": None}, "action is missing"),
        ({"at": "yesterday"}, "at is no number"),
        ({"at": 1e30}, "at is no time in milliseconds"),
        ({"media": 3}, "media.ref is missing"),
        ({"media": {"ref": "x" * 513}}, "media.ref is too long"),
        ({"pos": True}, "pos is no number"),
    ],
)
def test_a_document_that_is_not_understood_has_a_reason(
    schema: Schema, change: dict[str, object], reason: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        schema.engagements[0].engagement("a", LISTEN | change)
    assert refusal.value.reason == reason


def test_a_user_is_named_as_a_query_finds_the_document(schema: Schema) -> None:
    listens = schema.engagements[0]
    by_reference = msgspec.structs.replace(listens, user=UserField(field="who", collection="users"))

    class User:
        id, path = "u", "users/u"

    assert by_reference.user_of({"who": User()}) == "u"
    for table, value in (
        (listens, 7),
        (listens, User()),
        (listens, ""),
        (by_reference, "u"),
        (by_reference, Ref()),
    ):
        with pytest.raises(Refusal, match="is no"):
            table.user_of({table.user_field: value})


def test_preferences_of_the_app_are_lists_or_maps(schema: Schema) -> None:
    assert schema.profile
    document = {"prefs": {"topics": {"art": True, "war": False}}, "muted": [Ref(), 5]}
    found = dict(schema.profile.lists(document))
    assert found == {"category_interests": ("art",), "muted_series": ("e1", "5")}
    refused = dict(schema.profile.lists({"muted": "all"}))
    assert str(refused["muted_series"]) == "muted is no list"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"users/{uid}/earshot_engagements", b"users/{uid}/engagements", "(engagements likes)"),
        (b"users/{uid}/earshot_engagements", b"users/{uid}/earshot", "two collections"),
        (b'path = "users/{uid}/engagements/{id}"', b'path = "likes/{id}"', "user: expected"),
        (b'user = "userId"', b"", "user: expected a field"),
        (b'name = "likes"', b'name = "listens"', "each name once"),
        (b'play = "listen"', b'play = "hear"', "engagements"),
        (b'path = "listens/{id}"', b'path = "listens"', "path: expected"),
        (b', duration = "len"', b"", "position and duration"),
        (b'path = "users/{uid}"', b'path = "profiles/me"', "path: expected"),
        (b"muted_series", b"muted_shows", "muted_shows"),
        (b"[profile]", b"[profile", "line"),
    ],
)
def test_what_a_schema_cannot_mean_is_refused(old: bytes, new: bytes, said: str) -> None:
    with pytest.raises(SchemaError) as error:
        parse_schema(APP.replace(old, new, 1))
    assert said in str(error.value)


@given(st.integers(-(10**15), 10**16), st.integers(-12, 14))
def test_one_instant_is_the_same_in_every_unit(ms: int, hours: int) -> None:
    us = ms * 1000
    if not -62_135_596_800_000_000 + 10**11 < us < 253_402_300_799_000_000 - 10**11:
        return
    instant = from_us(us)
    local = instant.astimezone(timezone(timedelta(hours=hours)))
    assert instant_us(instant, "timestamp", "at") == us
    assert instant_us(local.isoformat(), "iso", "at") == us
    assert instant_us(instant.replace(tzinfo=None).isoformat(), "iso", "at") == us
    assert instant_us(ms, "milliseconds", "at") == us
    if ms % 1000 == 0:
        assert instant_us(ms // 1000, "seconds", "at") == us


def test_durations_and_shares_have_units() -> None:
    assert duration_s("1:02:03", "clock", "d") == duration_s("62:03", "clock", "d") == 3723
    assert duration_s(2, "minutes", "d") == duration_s(120_000, "milliseconds", "d") == 120
    assert share(50, "percent", "p") == share(0.5, "share", "p") == 0.5
    for value in (float("nan"), True, "1", 101):
        with pytest.raises(Refusal):
            share(value, "percent", "p")
