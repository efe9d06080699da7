"""What deploy.sh refuses before it changes anything, and what it says would help."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployment import PROJECT, ROOT, Account, needs_gcloud

pytestmark = needs_gcloud
GI = 2**30


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def test_everything_that_is_missing_is_listed_at_once(tmp_path: Path) -> None:
    none = ("openssl", "firebase", "python3")
    said = Account(tmp_path, without=none, billing="False", databases=[]).refusal()
    for what, how in {
        "openssl": "",
        "Python 3.11 or newer": "PYTHON=python3.12",
        "firebase": "npm install --global firebase-tools",
        "billing": "gcloud billing projects link my-feed",
        "a Firestore database": "gcloud firestore databases create --location=LOCATION",
    }.items():
        assert re.search(rf"^  {what}\n(      .*\n)*?      .*{re.escape(how)}", said, re.MULTILINE)


def test_a_machine_without_gcloud_is_told_where_to_get_it(tmp_path: Path) -> None:
    said = Account(tmp_path, without=("gcloud",)).refusal()
    assert "https://cloud.google.com/sdk" in said
    assert "command not found" not in said


def test_a_model_that_is_not_beside_the_functions_is_refused(account: Account) -> None:
    assert "--target . -r requirements-minilm.txt" in account.refusal("--vectors=minilm")


def test_a_schema_that_would_not_be_uploaded_is_refused(account: Account) -> None:
    python = {"PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    for name, refused in (("deploy/mine.toml", True), ("./mine.toml", False)):
        (account.work / name).write_text("")
        done = account.run(f"--schema={name}", **python)
        assert ("put it beside deploy.sh" in done.stderr) == refused, done.stderr
        assert bool(done.returncode) == refused


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"account": ""}, "gcloud auth login"),
        ({"fails": "projects describe"}, "project my-feed, seen by somebody@example.com"),
        ({"databases": ["(default)\tDATASTORE_MODE\tnam5"]}, "in Native mode"),
        ({"databases": ["other\tFIRESTORE_NATIVE\tnam5"]}, "a Firestore database"),
        ({"databases": ["(default)\tFIRESTORE_NATIVE\tnam99"]}, "a region"),
        ({"fails": "firestore databases list"}, "ERROR: told to fail"),
        ({"fails": "print-access-token"}, "access to firebaserules"),
        ({"taken": [PROJECT]}, "try something like `my-feed-a5c16`"),
        ({"sites": None}, "firebase projects:addfirebase my-feed"),
    ],
)
def test_a_project_that_cannot_be_used_is_refused(
    account: Account, state: dict[str, Any], reason: str
) -> None:
    account.change(**state)
    assert reason in account.refusal()


@pytest.mark.parametrize(
    ("quota", "options", "reason"),
    [
        ([20_000, 40 * GI], "--max-instances=21", "--max-instances=20"),
        ([20_000, 40 * GI], "--memory=8Gi --cpu=2", "--max-instances=5"),
        (
            [20_000, 40 * GI],
            "--engagement-max-instances=100 --profile-max-instances=30 --publish-max-instances=11",
            "--engagement-max-instances=20 --profile-max-instances=20 --publish-max-instances=10",
        ),
        ([-1, 80 * GI], "--max-instances=81", "--max-instances=80"),
    ],
)
def test_more_than_the_quota_is_refused(
    account: Account, quota: list[int], options: str, reason: str
) -> None:
    account.change(quota=quota)
    said = account.refusal(*options.split())
    for one in reason.split():
        assert f"{one}, or ask for more" in said
    assert said.count("or ask for more") == len(reason.split())


def test_app_check_of_another_project_is_refused(account: Account) -> None:
    assert "--app-check=123456789" in account.refusal("--app-check=1", "--app-check-site-key=6Lc")


ACCOUNT = "earshot-session@my-feed.iam.gserviceaccount.com"
TEMPORARY = [
    'Invalid resource state for "": Permission denied while using the Eventarc Service Agent.',
    f"Permission denied on secret: s for Revision service account {ACCOUNT}.",
    "Could not build the function due to a missing permission on the build service account.",
    f"{ACCOUNT} does not have storage.objects.get access to the Google Cloud Storage object.",
    f"Access to bucket b denied. You must grant Storage Object Viewer permission to {ACCOUNT}.",
    f"Service account projects/-/serviceAccounts/{ACCOUNT} was not found.",
]
PERMANENT = [
    f"Permission 'iam.serviceaccounts.actAs' denied on service account {ACCOUNT}.",
    "Permission 'cloudfunctions.functions.create' denied on resource",
    "Max instances must be set to 10 or fewer to set the requested total CPU.",
    "Build failed: SyntaxError in main.py",
]


@pytest.mark.parametrize(
    ("message", "attempts"), [(one, 6) for one in TEMPORARY] + [(one, 1) for one in PERMANENT]
)
def test_only_a_permission_that_may_still_arrive_is_waited_for(message: str, attempts: int) -> None:
    script = (
        f"set -Eeuo pipefail; . {ROOT}/deploy/commands.sh; DRY_RUN=false PATIENCE_S=0;"
        'refused() { echo attempt >&4; echo "$SAID" >&2; return 1; }; until_permitted refused 4>&1'
    )
    done = subprocess.run(
        ["bash", "-c", script],
        env={"PATH": os.environ["PATH"], "SAID": f"ERROR: (gcloud.functions.deploy) {message}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.splitlines().count("attempt") == attempts
    assert done.stderr.count(message) == attempts
