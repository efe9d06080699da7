"""Firestore's rules on the emulator's rules engine, called through REST as by an app."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.firestore.users import FirestoreStore
from emulators.firestore import FirestoreEmulator
from feed.model.engagement import ENGAGEMENT_TYPES, Engagement, Profile
from tests.support.rules import ALICE, BOB, Database, token
from tests.support.tokens import handmade

RULES = Path(__file__).parents[2] / "firestore.rules"
OPERATIONS = ("get", "list", "create", "update", "delete")
NOW = datetime.now(UTC)
EMOJI = "\N{HEADPHONE}"


STRANGERS: dict[str, str | None] = {
    "bob": BOB,
    "nobody": None,
    "no sub": token(user_id="alice", uid="alice"),
    "empty sub": token(sub=""),
    "no text": token(sub=["alice"]),
    "nearly": token(sub="Alice"),
    "forged": handmade({"alg": "RS256", "kid": "x"}, {"sub": "bob"}, b"sig"),
}


@pytest.fixture
def database(firestore_emulator: FirestoreEmulator) -> Database:
    return Database(firestore_emulator.host)


PROFILE_LISTS = [f for f in Profile.__struct_fields__ if f != "display_name"]
ENGAGEMENT: dict[str, Any] = {"episode_id": "e1", "type": "listen", "timestamp": NOW}
OWN: dict[str, tuple[set[str], dict[str, Any]]] = {
    "users/alice": (set(), {"display_name": "Alice"}),
    "users/alice/earshot/profile": (
        {"get", "create", "update", "delete"},
        {"display_name": "Alice"},
    ),
    "users/alice/engagements/1": (set(OPERATIONS), ENGAGEMENT),
    "users/alice/earshot/summary": ({"get"}, {"engagements": b"\x01"}),
    "users/alice/earshot/other": (set(), ENGAGEMENT),
    "users/alice/earshot/conversations/earshot_conversations/1": (set(), {"turns": []}),
    "users/alice/other/1": (set(), ENGAGEMENT),
    "users/alice/engagements/1/more/1": (set(), ENGAGEMENT),
    "episodes/1": (set(), {"title": "One"}),
    "alice/1": (set(), {"display_name": "Alice"}),
}
ODD = [None, True, False, 7, 0.5, "text", b"text", NOW, [1], [{"a": []}], {"a": 1}]


def test_the_fields_here_are_those_of_the_code() -> None:
    assert set(full_engagement()) == {
        name.removesuffix("_us") for name in Engagement.__struct_fields__ if name != "id"
    }
    assert set(full_profile()) == set(Profile.__struct_fields__)


def full_engagement() -> dict[str, Any]:
    return ENGAGEMENT | {"progress": 0.5, "episode_title": "E", "series_name": "S"}


def full_profile() -> dict[str, Any]:
    return {"display_name": "Alice", **{name: ["a", "b"] for name in PROFILE_LISTS}}


def good_engagements() -> Iterator[dict[str, Any]]:
    yield full_engagement()
    yield from (ENGAGEMENT | {"type": kind} for kind in ENGAGEMENT_TYPES)
    yield from (ENGAGEMENT | {"progress": share} for share in (0, 1, 0.0, 1.0, -0.0, 0.25))
    yield from (ENGAGEMENT | {"episode_id": id_} for id_ in ("x" * 512, "é" * 256, EMOJI * 128))
    yield from (ENGAGEMENT | {name: "é" * 1000} for name in ("episode_title", "series_name"))
    yield ENGAGEMENT | {"episode_title": "", "series_name": ""}
    yield ENGAGEMENT | {"timestamp": NOW + timedelta(minutes=59)}
    yield ENGAGEMENT | {"timestamp": datetime(1969, 7, 20, tzinfo=UTC)}


def bad_engagements() -> Iterator[dict[str, Any]]:
    yield {}
    yield from ({k: v for k, v in ENGAGEMENT.items() if k != name} for name in ENGAGEMENT)
    kinds = {"timestamp": datetime, "progress": (int, float), **dict.fromkeys(ENGAGEMENT, str)}
    kinds |= {"timestamp": datetime, "episode_title": str, "series_name": str}
    for name, kind in kinds.items():
        for odd in ODD:
            right = isinstance(odd, kind) and not isinstance(odd, bool)
            if name == "type" or odd == 7 or not right:
                yield ENGAGEMENT | {name: odd}
    yield from (ENGAGEMENT | {"episode_id": id_} for id_ in ("", "x" * 513, "é" * 257, EMOJI * 129))
    yield ENGAGEMENT | {"episode_id": "x" * 100_000}
    yield from (ENGAGEMENT | {"type": kind} for kind in ("", "Listen", "view", "listen "))
    yield from (ENGAGEMENT | {name: "x" * 1001} for name in ("episode_title", "series_name"))
    for share in (-0.001, 1.001, 2, -1, float("nan"), float("inf"), "0.5"):
        yield ENGAGEMENT | {"progress": share}
    yield ENGAGEMENT | {"timestamp": datetime.now(UTC) + timedelta(minutes=65)}
    yield ENGAGEMENT | {"timestamp": datetime(9999, 1, 1, tzinfo=UTC)}
    yield ENGAGEMENT | {"timestamp": NOW.isoformat()}
    yield from (ENGAGEMENT | {name: "x"} for name in ("id", "uid", "weight", "Type", "a.b"))


def good_profiles() -> Iterator[dict[str, Any]]:
    yield {}
    yield full_profile()
    yield from ({"display_name": name} for name in ("", "é" * 200))
    for text in ("x" * 512, EMOJI * 128):
        yield from ({name: [text] * length} for name in PROFILE_LISTS for length in (0, 200))


def bad_profiles() -> Iterator[dict[str, Any]]:
    yield from ({"display_name": odd} for odd in [*ODD, "x" * 201] if odd != "text")
    for name in PROFILE_LISTS:
        yield from ({name: odd} for odd in ODD if not isinstance(odd, list))
        yield {name: ["x"] * 201}
        yield {name: ["x" * 102_401]}
        yield {name: [EMOJI * 128] * 199 + [EMOJI * 129]}
        yield {name: [{"a": []}]}
    yield from ({name: "x"} for name in ("id", "role", "admin", "email"))
    yield full_profile() | {"role": "admin"}


def check_engagements(database: Database) -> None:
    database.seed("users/alice/engagements/there", ENGAGEMENT)
    shapes = [(one, True) for one in good_engagements()]
    shapes += [(one, False) for one in bad_engagements()]
    for number, (fields, allowed) in enumerate(shapes):
        for operation, id_ in (("create", f"new-{number}"), ("update", "there")):
            done = database.may(operation, f"users/alice/engagements/{id_}", ALICE, fields)
            assert done is allowed, (operation, str(fields)[:200])


def check_profiles(database: Database) -> None:
    database.seed("users/alice/earshot/profile", {})
    shapes = [(one, True) for one in good_profiles()] + [(one, False) for one in bad_profiles()]
    for number, (fields, allowed) in enumerate(shapes):
        for operation, user in (("create", f"user-{number}"), ("update", "alice")):
            done = database.may(operation, f"users/{user}/earshot/profile", token(sub=user), fields)
            assert done is allowed, (operation, str(fields)[:200])


def check_ids(database: Database) -> None:
    for id_ in ("1", "a b", "é" * 64, "x" * 128, EMOJI * 32, "-._~:?#"):
        assert database.may("create", f"users/alice/engagements/{id_}", ALICE, ENGAGEMENT), id_
    for id_ in ("x" * 129, "a\n", "\n", "a\x00", "\x1f", "a\x7fb", "é" * 65, EMOJI * 33):
        done = database.may("create", f"users/alice/engagements/{id_}", ALICE, ENGAGEMENT)
        assert not done, repr(id_)


def check_paths(database: Database) -> None:
    for path, (own, fields) in OWN.items():
        for operation in ("create", "get", "list", "update", "delete"):
            for name, who in STRANGERS.items():
                assert not database.may(operation, path, who, fields), (name, operation, path)
            done = database.may(operation, path, ALICE, fields)
            assert done is (operation in own), (operation, path)
            if operation == "create":
                database.seed(path, fields)


def test_rules_allow_and_deny_with_every_condition_seen_true_and_false(
    database: Database,
) -> None:
    check_paths(database)
    check_engagements(database)
    check_profiles(database)
    check_ids(database)
    source = RULES.read_text()
    unseen, conditions = [], 0
    nodes = database.coverage()
    assert nodes
    while nodes:
        node = nodes.pop()
        nodes += node.get("children", [])
        place = node["sourcePosition"]
        seen = [one["value"] for one in node.get("values", []) if "undefined" not in one["value"]]
        outcomes = {one["boolValue"] for one in seen if "boolValue" in one}
        conditions += bool(outcomes)
        if not seen or len(outcomes) == 1:
            text = source[place["currentOffset"] : place["endOffset"] + 1]
            unseen.append(f"line {place['line']}: {text}: only {outcomes or 'skipped'}")
    assert not unseen, "\n".join(unseen)
    assert conditions > 60


async def test_users_may_write_what_the_api_stores_for_them(
    firestore_emulator: FirestoreEmulator, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator.host)

    store = FirestoreStore(database.project)
    full = Engagement(id="full", episode_id="e", type="like", timestamp_us=1, progress=0.5)
    for engagement in (
        msgspec.structs.replace(full, episode_title="E", series_name="S"),
        msgspec.structs.replace(full, id="bare", progress=None),
    ):
        await store.put_engagement("alice", engagement)
    await store.update_profile("alice", {"display_name": "Alice", "languages": ("en",)})
    await store.close()
    for path in ("earshot/profile", "engagements/full", "engagements/bare"):
        stored = database.call("GET", f"/users/alice/{path}", ALICE).json()
        assert database.write(ALICE, {"update": {k: stored[k] for k in ("name", "fields")}}), path


def test_a_part_of_a_document_is_written_only_if_the_whole_is_right(database: Database) -> None:
    path = "users/alice/engagements/1"
    for fields, mask, allowed in [
        ({"type": "like"}, ["type"], True),
        ({"progress": 1}, ["progress"], True),
        ({"type": "hate"}, ["type"], False),
        ({"weight": 1}, ["weight"], False),
        ({}, ["timestamp"], False),
        ({}, ["progress"], True),
    ]:
        database.seed(path, full_engagement())
        write = database.document(path, fields, updateMask={"fieldPaths": mask})
        assert database.write(ALICE, write) is allowed, fields
    stored = {name: value for name, value in ENGAGEMENT.items() if name != "timestamp"}
    transform = {"fieldPath": "timestamp", "setToServerValue": "REQUEST_TIME"}
    assert database.write(ALICE, database.document(path, stored, updateTransforms=[transform]))
    counted = {"fieldPath": "type", "increment": {"integerValue": "1"}}
    assert not database.write(
        ALICE, database.document(path, ENGAGEMENT, updateTransforms=[counted])
    )


def test_a_query_stays_with_the_user(database: Database) -> None:
    database.seed("users/alice/engagements/1", ENGAGEMENT)
    database.seed("users/bob/engagements/1", ENGAGEMENT)
    own = {"from": [{"collectionId": "engagements"}]}
    everybody = {"from": [{"collectionId": "engagements", "allDescendants": True}]}
    count = {"structuredQuery": own, "aggregations": [{"count": {}, "alias": "n"}]}
    for parent, query, allowed in [
        ("/users/alice", own, True),
        ("/users/bob", own, False),
        ("", everybody, False),
        ("/users/alice", everybody, False),
        ("", {"from": [{"collectionId": "users"}]}, False),
    ]:
        body = {"structuredQuery": query}
        assert database.allowed("POST", f"{parent}:runQuery", ALICE, body) is allowed, parent
    for parent, allowed in [("/users/alice", True), ("/users/bob", False)]:
        body = {"structuredAggregationQuery": count}
        assert database.allowed("POST", f"{parent}:runAggregationQuery", ALICE, body) is allowed
        assert not database.allowed("POST", f"{parent}:listCollectionIds", ALICE, {})
