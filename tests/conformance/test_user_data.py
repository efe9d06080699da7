"""What `deploy.user_data` removes of users, in the Firestore emulator."""

import subprocess
import sys
from pathlib import Path

import pytest
from google.cloud import firestore

ROOT = Path(__file__).parents[2]


def run(project: str, token: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.user_data", f"--project={project}"]
    return subprocess.run(
        command, input=f"{token}\n", cwd=ROOT, capture_output=True, text=True, check=False
    )


def removed(project: str) -> str:
    done = run(project, "owner")
    assert done.returncode == 0, done.stderr
    return done.stdout


def paths(client: firestore.Client) -> dict[str, object]:
    groups = ("users", "engagements", "earshot", "earshot_conversations", "posts")
    found = [one for group in groups for one in client.collection_group(group).stream()]
    return {one.reference.path: one.to_dict() for one in found}


def test_what_is_earshots_goes_and_what_an_app_keeps_stays(client: firestore.Client) -> None:
    apps = {
        "users/ann": {"plan": "pro", "languages": ["de"]},
        "users/ann/posts/1": {"text": "Hello"},
        "users/cyd": {"plan": "free"},
        "teams/t/engagements/e": {"type": "meeting"},
        "teams/t/earshot/summary": {"text": "Met"},
    }
    ours = {
        "users/ann/engagements/1": {"type": "listen"},
        "users/ann/earshot/summary": {"counts": {}},
        "users/bob/earshot/profile": {"languages": ["en"], "muted_series": []},
        "users/bob/engagements/1": {"type": "listen"},
        "users/dot/engagements/1": {"type": "bookmark"},
        "users/eva/earshot/conversations/earshot_conversations/1": {"turns": []},
    }
    for path, fields in {**apps, **ours}.items():
        client.document(path).set(fields)
    shown = removed(client.project)
    assert paths(client) == apps
    assert shown == "# removed 6 documents; 0 remain\n"
    assert removed(client.project) == "# removed 0 documents; 0 remain\n"


def test_more_than_a_page_goes(client: firestore.Client) -> None:
    batch = client.batch()
    for i in range(450):
        batch.set(client.document(f"users/u{i % 7}/engagements/{i}"), {"type": "listen"})
    batch.commit()
    assert removed(client.project).startswith("# removed 450 ")
    assert paths(client) == {}


@pytest.mark.usefixtures("firestore_project")
def test_a_refusal_is_said_in_one_piece() -> None:
    done = run("demo-x", "no token of anybody")
    assert done.returncode == 1
    assert done.stderr.startswith("Firestore answered 4")
    assert "Traceback" not in done.stderr
