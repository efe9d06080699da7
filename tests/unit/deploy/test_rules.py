"""Earshot's rules among those of an app: what is read, inserted, replaced, and reported."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.rules.block import BEGIN, END, Locations, read_locations, split_block
from deploy.rules.merge import merge_rules
from deploy.rules.paths import pattern_text
from deploy.rules.reader import read_rules
from deploy.rules.scanner import RulesError

EARSHOT = (Path(__file__).parents[3] / "firestore.rules").read_text()
PLAIN = Locations()
LOCKED = "match /{document=**} { allow read, write: if false; }"
POSTS = "match /posts/{id} { allow read; }"


def app(body: str, version: str = "rules_version = '2';\n") -> str:
    return (
        f"{version}service cloud.firestore {{\n  match /databases/{{database}}/documents {{\n"
        f"    {body}\n  }}\n}}\n"
    )


def said(body: str, version: str = "rules_version = '2';\n") -> list[str]:
    """What is reported of an app's rules."""
    return [str(one) for one in merge_rules(app(body, version), EARSHOT, PLAIN).overlaps]


@pytest.mark.parametrize(
    "live",
    ["", app(LOCKED), app(LOCKED.replace("false", "request.time < timestamp.date(2026, 1, 2)"))],
)
def test_a_new_database_gets_the_rules_as_they_are(live: str) -> None:
    assert merge_rules(live, EARSHOT, PLAIN).text == EARSHOT


def test_rules_of_earshot_are_replaced_with_and_without_marks() -> None:
    changed = EARSHOT.replace("allow get:", "allow list:")
    assert merge_rules(changed, EARSHOT, PLAIN).text == EARSHOT
    own = "match /engagements/{id} { allow read; }"
    unmarked = app(f"// Rules of Earshot\nmatch /users/{{uid}} {{ allow get; {own} }}")
    assert merge_rules(unmarked, EARSHOT, PLAIN).text == EARSHOT
    with pytest.raises(RulesError, match=r"/posts/\{id\} stands among rules of an earlier Earshot"):
        merge_rules(unmarked.replace("// Rules", f"{POSTS} // Rules"), EARSHOT, PLAIN)


def test_a_block_is_replaced_where_it_stands() -> None:
    block = split_block(EARSHOT)[1]
    before = app(f"{POSTS}\n{block.replace('allow get', 'allow list')}    {POSTS}")
    after = app(f"{POSTS}\n{block}    {POSTS}")
    assert merge_rules(before, EARSHOT, PLAIN).text == after


def test_the_block_follows_the_schema(tmp_path: Path) -> None:
    schema = tmp_path / "schema.toml"
    schema.write_text('[earshot]\nengagements = "people/{uid}/private/own/plays"\n')
    merged = merge_rules(app(POSTS), EARSHOT, read_locations(schema)).text
    paths = {pattern_text(one.path[3:]) for one in read_rules(merged).matches}
    assert "/people/{uid}/private/own/plays/{id}" in paths
    assert "/users/{uid}/engagements/{id}" not in paths
    schema.write_text('[earshot]\ndocuments = "users/earshot"\n')
    with pytest.raises(RulesError, match=r"\[earshot\] documents: expected a collection like"):
        read_locations(schema)


@pytest.mark.parametrize(
    ("body", "reasons"),
    [
        ("match /users/{uid}/{d=**} { allow get: if me(uid); }", ["line 4: allow get, in match"]),
        (
            "match /{d=**} { allow write; }",
            ["for write. Change it to:\n    allow write: if !string(d)"],
        ),
        (
            "match /{d=**} { allow write: if a() // b\n && c(); }",
            ["write: if YOUR_CONDITION && !string"],
        ),
        ("match /{a=**}/engagements/{id} { allow list; }", ["No condition on the path can"]),
        ("match /users/{uid}/engagements/{id} { allow get: if false; }", ["is a place of yours"]),
        ("match /users/{a}/e%61rshot/{id} { allow get: if false; }", ["is a place of yours"]),
        ("match /users/{uid}/{c}/{d} { allow read; }", ["c != 'earshot'"]),
        ("match /{a}/{b}/{c}/{d} { allow get: if x() || y(); }", ["(x() || y()) && (a != 'users'"]),
        ("match /users/{u}/{c}/{d} { allow read: if c in ['plays', 'likes']; }", []),
        ("match /users/{u}/{c}/{d} { allow read: if c == 'plays' && me(u); }", []),
        ("match /{d=**} { allow get: if d[0] == 'posts' && d[1] != me(); }", []),
        ("match /{d=**} { allow list: if d[0] == 'posts'; }", ["allow list"]),
        ("match /{d=**} { allow get: if d[0] == 'posts' || me(); }", ["allow get"]),
        ("match /{d=**} { allow get: if !(d[0] == 'posts'); }", ["allow get"]),
        ("match /users/{u}/notes/{n} { allow read, write; }", []),
        ("match /other/{x=**} { allow read, write; }", []),
    ],
)
def test_rules_that_may_open_documents_of_earshot_are_reported(
    body: str, reasons: list[str]
) -> None:
    found = said(body)
    assert len(found) == len(reasons), found
    for one, reason in zip(found, reasons, strict=True):
        assert reason in one


def test_in_version_1_no_condition_on_a_recursive_wildcard_is_advised() -> None:
    (found,) = said("match /{d=**} { allow read; }", version="")
    assert "In version 1 of the language" in found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (app("match /a/{b} { allow read: if ; }"), "line 4: expected a condition, got ;"),
        (app("match /a/{b} { allow peek; }"), "line 4: expected a method like read, got peek"),
        (app("match /a/{b=x} { allow read; }"), "expected * or **"),
        (
            app("match /a/{b} { allow read; } /* open"),
            "line 4: expected match, allow, function or }",
        ),
        (app("allow read: if 'a"), "expected a condition, got 'a"),
        ("service cloud.firestore { match /{d=**} { allow read; } }", "expected match /databases"),
        (app("function earshotIsMe(x) { return true; }"), "earshotIsMe"),
        (app(f"match /a/{{b}} {{ allow read;\n{split_block(EARSHOT)[1]}}}"), "stands elsewhere"),
        (app(f"{BEGIN}\n"), "once each"),
        (app(POSTS) + "}", "expected a service or a function"),
    ],
)
def test_rules_that_cannot_be_merged_are_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(RulesError) as refused:
        merge_rules(text, EARSHOT, PLAIN)
    assert reason in str(refused.value)


PIECES = st.sampled_from(
    [
        "match /a/{b}",
        "{",
        "}",
        "allow read",
        ": if ",
        "a.b('}')",
        ";",
        "// x\n",
        "/* } */",
        "&&",
        "true",
        " ",
        "\n",
        "'",
        "(",
        ")",
        "$(",
        "/c",
        "function f()",
        "return ",
        BEGIN,
        END,
        "{d=**}",
    ]
)


@given(body=st.lists(PIECES, max_size=25).map("".join))
def test_a_merge_keeps_every_byte_of_an_app_or_is_refused(body: str) -> None:
    text = app(f"{POSTS} {body}")
    try:
        merged = merge_rules(text, EARSHOT, PLAIN).text
    except RulesError:
        return
    rest, block = split_block(merged)
    assert block == split_block(EARSHOT)[1]
    assert "".join(rest.split()) == "".join(split_block(text)[0].split())
    assert merge_rules(merged, EARSHOT, PLAIN).text == merged
