"""The runbook's alert finds each kind of failure in the log of real processes."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.catalogs import NOW, catalog_of, episodes, publish_to
from tests.support.server import ROOT, Server

Start = Callable[..., Server]
SEVERITIES = ["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL"]
RUNBOOK = (ROOT / "docs/operations.md").read_text().split("## The alert\n")[1].split("\n## ")[0]
COMPARISON = re.compile(r'([a-z.]+)(=|>=)("[^"]*"|[A-Z]+)')


def alerts(entry: dict[str, Any]) -> bool:
    """Whether the runbook's filter finds a log entry, in the part of the language that it uses."""
    command, *_ = re.findall(r"gcloud logging read '([^']+)'", RUNBOOK)
    found = True
    for comparison in command.split(" AND "):
        parts = COMPARISON.fullmatch(comparison)
        assert parts, f"not understood: {comparison}"
        field, operator, value = parts[1], parts[2], parts[3].strip('"')
        given: Any = entry
        for name in field.split("."):
            given = given[name]
        if operator == ">=":
            found &= SEVERITIES.index(given) >= SEVERITIES.index(value)
        else:
            found &= given == value
    return found


def alerting(output: str) -> list[str]:
    """The messages in what a process wrote that the filter finds, as Cloud Run reads its lines."""
    entries = [
        {"severity": "DEFAULT", "message": line, **(json.loads(line) if line[:1] == "{" else {})}
        for line in output.splitlines()
    ]
    resource = {"resource": {"type": "cloud_run_revision"}}
    return [entry["message"] for entry in entries if alerts({**entry, **resource})]


def alerted(server: Server) -> list[str]:
    """What the filter finds of a session function, the line of its last answer included."""
    before = len(server.output)
    server.call("GET", "/api/nothing")  # a request's line is written before the next is read
    assert server.logged(lambda line: line["message"] == "GET /api/{path:path} 404", since=before)
    return alerting(server.output)


def lines_of(server: Server, message: str, count: int) -> list[dict[str, Any]]:
    """The structured lines of one message, once as many are there."""
    lines = server.logged(lambda line: line["message"] == message, count)
    assert len(lines) == count
    return lines


def test_the_alert_sees_a_missing_pointer_an_unreadable_shelf_and_a_stale_catalog(
    start_server: Start, tmp_path: Path
) -> None:
    shelf = tmp_path / "shelf"
    publish_to(shelf, catalog_of(episodes(60)))
    old = (NOW + timedelta(days=365)).isoformat()
    server = start_server(CATALOG_REFRESH_S="0", NOW=old)
    health = server.call("GET", "/api/health")
    assert health.status_code == 200
    assert (health.json()["status"], health.json()["dependencies"]["catalog"]) == (
        "degraded",
        "stale",
    )
    assert alerted(server) == ["degraded: catalog_stale: no look for changes has succeeded lately"]
    pointer = shelf / "current.json"
    pointer.rename(shelf / "gone.json")
    for _ in range(50):
        server.create()
    pointer.mkdir()
    for _ in range(50):
        server.create()
    seen = [one.split(": ")[1] for one in alerted(server)]
    assert seen == ["catalog_stale", "catalog_missing", "catalog_unreachable"]  # and each once
    lines = lines_of(server, "POST /api/sessions/create 200", 100)
    assert all("catalog_stale" in line["degraded"] for line in lines)


def test_the_alert_sees_summaries_that_cannot_be_read(
    start_server: Start, small_shelf: str, tmp_path: Path
) -> None:
    (tmp_path / "broken.db").write_text("not a database" * 1000)
    server = start_server(STORE=str(tmp_path / "broken.db"), SHELF=small_shelf)
    for user in ("anna", "bert", "cleo"):
        assert server.create(user)["episodes"]
        assert server.call("GET", "/api/me", user=user).status_code == 503
    (message,) = alerted(server)
    assert message.startswith("degraded: summary_unavailable")
    for line in lines_of(server, "GET /api/me 503", 3):
        assert (line["severity"], line["degraded"]) == ("WARNING", ["summary_unavailable"])


def test_the_alert_sees_an_instance_without_a_catalog_once_and_not_at_every_request(
    start_server: Start,
) -> None:
    server = start_server()
    for _ in range(50):
        assert server.call("POST", "/api/sessions/create", {}).status_code == 503
    assert alerted(server) == ["degraded: catalog_missing: the shelf points at no catalog"]
    lines = lines_of(server, "POST /api/sessions/create 503", 50)
    assert all(line["degraded"] == ["catalog_missing"] for line in lines)


def test_the_alert_sees_a_build_that_is_refused_or_fails(
    start_server: Start, tmp_path: Path
) -> None:
    file = tmp_path / "episodes.json"
    file.write_text("[]")
    server = start_server("publish_catalog", EPISODES=str(file))
    assert server.call("POST", "/").status_code == 422
    file.unlink()
    assert server.call("POST", "/").status_code == 503
    (tmp_path / "shelf" / "current.json").mkdir(parents=True)
    assert server.call("POST", "/").status_code == 503
    assert server.call("POST", "/", {"nonsense": True}).status_code == 400
    assert server.logged(lambda line: line["message"].endswith("invalid-field"))  # the last one
    assert alerting(server.output) == [
        "nothing was published: catalog-refused",
        "nothing was published: source-unavailable",
        "nothing was published: source-unavailable",
    ]


@pytest.mark.parametrize(
    ("episodes", "message"),
    [("[]", "refused: the gate refuses this catalog: empty"), (None, "failed: ")],
)
def test_the_alert_sees_a_build_by_command_that_is_refused_or_fails(
    tmp_path: Path, episodes: str | None, message: str
) -> None:
    file = tmp_path / "episodes.json"
    if episodes is not None:
        file.write_text(episodes)
    words = ["publish", "--episodes", str(file), "--shelf", str(tmp_path / "shelf")]
    done = subprocess.run(
        [sys.executable, "-m", "catalog_builder", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    (line,) = alerting(done.stderr)
    assert line.startswith(message)


def test_a_trigger_that_fails_is_one_line_for_each_event_and_is_delivered_again(
    start_server: Start, tmp_path: Path
) -> None:
    (tmp_path / "broken.db").write_text("not a database" * 1000)
    server = start_server("update_summary", STORE=str(tmp_path / "broken.db"))
    before = len(server.output)
    for number in range(3):
        headers = {
            "ce-specversion": "1.0",
            "ce-id": f"event-{number}",
            "ce-source": "//firestore.googleapis.com/projects/p/databases/(default)",
            "ce-type": "google.cloud.firestore.document.v1.written",
            "ce-document": f"users/anna/engagements/{number}",
        }
        assert server.client.post("/", headers=headers, content=b"").status_code == 503
    lines = server.logged(lambda line: "event" in line, 3, before)
    assert [line["event"] for line in lines] == ["event-0", "event-1", "event-2"]
    assert len(alerting(server.output[before:])) == 3


def test_the_alert_sees_a_setting_that_cannot_be_used(start_server: Start) -> None:
    with pytest.raises(RuntimeError) as raised:
        start_server(SCENARIO="nonsense")
    assert alerting(str(raised.value))[0].startswith("Earshot cannot start: SCENARIO")
    assert "Traceback" not in str(raised.value)


def test_these_tests_cover_every_message_that_the_runbook_names() -> None:
    rows = re.findall(r"^\| .* \| `([^`]+)` \|$", RUNBOOK, re.MULTILINE)
    assert [row.partition(" CAUSE")[0] for row in rows] == [
        "degraded:",
        "nothing was published: catalog-refused",
        "nothing was published: source-unavailable",
        "nothing was published",
        "a summary is not up to date",
        "an event that can never be handled was acknowledged",
        "Earshot cannot start",
    ]
