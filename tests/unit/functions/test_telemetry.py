"""Log lines are structured, bounded, and show no user id."""

import json
import logging
from collections.abc import Iterator

import pytest

from functions import telemetry
from functions.auth.pseudonyms import UNKNOWN, Pseudonyms
from functions.telemetry import MAX_TEXT_CHARS, install_log_handler, log, log_error, set_pseudonyms

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def pseudonyms(monkeypatch: pytest.MonkeyPatch) -> Pseudonyms:
    pseudonyms = Pseudonyms(b"a secret of some length")
    monkeypatch.setattr(telemetry, "_pseudonyms", pseudonyms)
    return pseudonyms


@pytest.mark.parametrize(
    "uid", ["ada", "ada lovelace", 'a"da', "zoë", "kX3vQ8TzU2", "a.da-b@c.example"]
)
def test_the_path_of_a_document_does_not_show_the_user(
    uid: str, capsys: Capture, pseudonyms: Pseudonyms
) -> None:
    for rest in ("/engagements/e1", "/summaries/engagement", "/earshot/profile"):
        path = f"projects/p/databases/(default)/documents/users/{uid}{rest}"
        log("WARNING", f"{path} is malformed", reason=f"503 at {path}", of=[{"path": path}])
        out = capsys.readouterr().out
        assert uid not in json.loads(out)["message"]
        assert out.count(f"users/{pseudonyms.of(uid)}{rest}") == 3
    log("WARNING", f"No document to update: users/{uid.split(maxsplit=1)[0]}")
    assert "ada" not in capsys.readouterr().out


def test_long_text_in_the_log_is_shortened(capsys: Capture) -> None:
    log("ERROR", "x" * 60_000, reason="y" * 60_000, nested={"texts": ["z" * 60_000], "n": 1})
    line = json.loads(capsys.readouterr().out)
    assert line["message"] == "x" * MAX_TEXT_CHARS + "…"
    assert len(line["reason"]) == len(line["nested"]["texts"][0]) == MAX_TEXT_CHARS + 1
    assert line["nested"]["n"] == 1


def test_a_long_line_of_short_texts_stays_as_it_is(capsys: Capture) -> None:
    fields = {"ids": [f'"{number}\\' for number in range(2000)], "numbers": list(range(2000))}
    log("INFO", "GET / 200", **fields)
    assert json.loads(capsys.readouterr().out).items() >= fields.items()


def test_a_long_stack_trace_keeps_its_end(capsys: Capture) -> None:
    def deeper(times: int) -> None:
        if times:
            deeper(times - 1)
        raise KeyError("this")

    try:
        deeper(200)
    except KeyError as error:
        error.add_note("and that")
        log_error("a request failed", error)
    line = json.loads(capsys.readouterr().out)
    assert "KeyError: 'this'" in line["stack_trace"]
    assert len(line["stack_trace"]) <= MAX_TEXT_CHARS + 1


@pytest.fixture
def taken_over() -> Iterator[None]:
    before = logging.root.handlers[:], logging.root.level
    install_log_handler()
    yield
    logging.root.handlers[:], logging.root.level = before


@pytest.mark.usefixtures("taken_over")
def test_records_of_libraries_become_structured_lines(
    capsys: Capture, pseudonyms: Pseudonyms
) -> None:
    library = logging.getLogger("adapters.firestore.users")
    library.warning("%s is malformed", "users/ada/engagements/1")
    try:
        raise OSError("no\nway")
    except OSError:
        library.exception("a call failed")
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == {
        "severity": "WARNING",
        "message": f"users/{pseudonyms.of('ada')}/engagements/1 is malformed",
        "logger": "adapters.firestore.users",
    }
    assert (second["severity"], second["message"]) == ("ERROR", "a call failed")
    assert "no\nway" in second["stack_trace"]


def test_pseudonyms_need_the_key_and_differ_by_user() -> None:
    one, same, other = Pseudonyms(b"one"), Pseudonyms(b"one"), Pseudonyms(b"other")
    assert one.of("ada") == same.of("ada") != other.of("ada")
    assert one.of("ada") != one.of("bert")
    assert Pseudonyms(b"").of("ada") == Pseudonyms(b"").of("bert") == UNKNOWN


def test_the_log_uses_the_pseudonyms_that_are_set(capsys: Capture) -> None:
    set_pseudonyms(Pseudonyms(b""))
    log("WARNING", "users/ada/engagements/1")
    assert json.loads(capsys.readouterr().out)["message"] == f"users/{UNKNOWN}/engagements/1"
