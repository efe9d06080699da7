"""An app's rules with Earshot's among them, on the emulator's rules engine."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from deploy.rules.block import Locations
from deploy.rules.merge import merge_rules
from deploy.rules.overlaps import changed, exclusion, find_overlaps
from deploy.rules.paths import Pattern, Segment
from deploy.rules.reader import read_rules
from emulators.firestore import FirestoreEmulator
from tests.support.rules import ALICE, BOB, Database, verdicts

EARSHOT = (Path(__file__).parents[2] / "firestore.rules").read_text()
APP = """{version}
// match /nothing/{{id}} {{ allow read: if true; }}
service cloud.firestore {{
  match /databases/{{database}}/documents {{
    function isMe(uid) {{ return request.auth.uid == uid; }}
    function text() {{ return 'allow read; }} // "'; }}

    match /posts/{{post}} {{
      allow read: if text() != /* allow write; */ '';
      allow write: if request.auth.uid == 'bob'
      match /{{rest=**}} {{ allow get, list; }}
    }}
    match /users/{{uid}}/notes/{{note}} {{
      allow read, write: if isMe(uid) && exists(/databases/$(database)/documents/users/$(uid));
    }}
  }}
  match /databases/{{any}}/documents/drafts/{{id}} {{
    allow create: if request.resource.data.a == 1;
  }}
}}
"""
TALKS = "earshot/conversations/earshot_conversations"
PLACES = (
    "posts/1",
    "posts/1/comments/1",
    "users/alice/notes/1",
    "users/bob/notes/1",
    "drafts/1",
    "other/1",
    "other/1/earshot/1",
)


@pytest.fixture
def database(firestore_emulator: FirestoreEmulator) -> Database:
    return Database(firestore_emulator.host)


@pytest.mark.parametrize(
    ("version", "place"),
    [("rules_version = '2';", "users/{uid}/engagements"), ("", "people/{uid}/own")],
)
def test_an_app_may_do_what_it_could_before_and_nothing_more(
    database: Database, version: str, place: str
) -> None:
    app = APP.format(version=version)
    database.seed("users/alice", {})
    merged = merge_rules(app, EARSHOT, Locations(engagements=place))
    assert merged.overlaps == []
    before = verdicts(database, app, PLACES)
    assert before == verdicts(database, merged.text, PLACES)
    assert {*before.values()} == {True, False}
    # Earshot's part of the merged rules is in force.
    path = place.format(uid="alice")
    engagement = {"episode_id": "e", "type": "listen", "timestamp": datetime.now(UTC)}
    assert not database.may("create", f"{path}/1", ALICE, engagement | {"type": "hate"})
    assert not database.may("create", f"{path}/2", BOB, engagement)
    assert database.may("create", f"{path}/3", ALICE, engagement)


@pytest.mark.parametrize("match", ["/{document=**}", "/{a}/{b=**}", "/{a}/{b}/{c}/{d}"])
def test_the_condition_that_is_advised_closes_earshot_and_nothing_else(
    database: Database, match: str
) -> None:
    text = (
        "rules_version = '2'; service cloud.firestore { match /databases/{d}/documents {"
        f" match {match} {{ allow read, write: if request.auth.uid == 'alice'; }} }} }}"
    )
    ours = [own(f"users/{{uid}}/{one}/{{document}}") for one in ("earshot", "engagements", TALKS)]
    (overlap,) = find_overlaps(read_rules(text), ours)
    assert overlap.allow
    conditions = [exclusion(overlap.match.path, one) for one in ours]
    statement = changed(overlap.allow, [one for one in conditions if one])
    narrowed = text.replace("allow read, write: if request.auth.uid == 'alice';", statement)
    assert find_overlaps(read_rules(narrowed), ours) == []
    places = (*PLACES, "users/alice")
    assert verdicts(database, text, places) == verdicts(database, narrowed, places)
    theirs = ("earshot/1", "engagements/1", f"{TALKS}/1")
    closed = verdicts(database, narrowed, [f"users/alice/{one}" for one in theirs])
    assert not any(closed.values())


def own(path: str) -> Pattern:
    """A pattern below all documents."""
    segments = ["databases", "{database}", "documents", *path.split("/")]
    return tuple(Segment(one.strip("{}"), wildcard=one[0] == "{") for one in segments)


NAMES = st.sampled_from(["'earshot'", "'x'", "c", "d[0]", "d[1]", "d[7]", "request.auth.uid"])
ATOMS = st.one_of(
    st.builds("{} {} {}".format, NAMES, st.sampled_from(["==", "!="]), NAMES),
    st.builds("{} in [{}, {}]".format, NAMES, NAMES, NAMES),
    st.sampled_from(["true", "false", "request.auth != null", "resource.data.a == 1"]),
    st.builds(
        "string(d).matches('{}')".format,
        st.sampled_from(["/[^/]*", "/profile", "/[^/]+", ".*", "/x/[^/]*"]),
    ),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("!({})".format, inner),
        st.builds("{} && {}".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("{} || {}".format, inner, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    ),
    max_leaves=5,
)


@given(conditions=st.lists(CONDITIONS, min_size=40, max_size=40))
@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_the_reader_calls_closed_the_engine_denies(
    database: Database, conditions: list[str]
) -> None:
    statements = "\n".join(
        f"match /app{number}/{{uid}}/{{c}}/{{d=**}} {{ allow get, list, create: if {one}; }}"
        for number, one in enumerate(conditions)
    )
    text = (
        "rules_version = '2'; service cloud.firestore { match /databases/{db}/documents {\n"
        f"{statements}\n}} }}\n"
    )
    database.use(text)
    rules = read_rules(text)
    for number, condition in enumerate(conditions):
        found = find_overlaps(rules, [own(f"app{number}/{{uid}}/earshot/{{document}}")])
        opened = {method for one in found for method in one.methods}
        for method in {"get", "list", "create"} - opened:
            path = f"app{number}/alice/earshot/profile"
            assert not database.may(method, path, ALICE, {"a": 1}), (method, condition)
