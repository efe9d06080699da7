"""deploy.sh in a new project and in a team's: quotas, permissions that arrive late, indexes."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.deploying import ROOT, Account, needs_gcloud

pytestmark = needs_gcloud
GI = 2**30
TRIGGER = "functions deploy update-summary-engagement"


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def tried(account: Account, call: str) -> int:
    return sum(call in " ".join(words) for words in account.state["calls"])


def test_the_defaults_fit_a_new_project_and_what_it_allows_is_said(account: Account) -> None:
    account.change(quota=[20_000, 40 * GI])
    done = account.deploy()
    assert done.returncode == 0, done.stderr
    allowed = dict(re.findall(r"(?m)^# (\S+) in us-central1: .* allows (\d+)\.", done.stdout))
    assert allowed == {
        "create-session": "20",
        "publish-catalog": "10",
        "update-summary-engagement": "20",
        "update-summary-profile": "20",
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--max-instances=21"], "--max-instances=20"),
        (["--memory=8Gi", "--cpu=2"], "--max-instances=5"),
        (["--engagement-max-instances=100"], "--engagement-max-instances=20"),
        (["--profile-max-instances=30"], "--profile-max-instances=20"),
        (["--publish-max-instances=11"], "--publish-max-instances=10"),
    ],
)
def test_more_than_the_quota_is_refused_before_anything_is_changed(
    account: Account, options: list[str], said: str
) -> None:
    account.change(quota=[20_000, 40 * GI])
    done = account.deploy(*options)
    assert done.returncode == 1
    assert f"{said}, or ask for more" in done.stderr
    assert account.state["changes"] == []


def test_no_limit_is_no_limit(account: Account) -> None:
    account.change(quota=[-1, 80 * GI])
    done = account.deploy("--max-instances=80", "--dry-run")
    assert done.returncode == 0
    done = account.deploy("--max-instances=81")
    assert "--max-instances=80, or ask for more" in done.stderr


def test_a_quota_that_cannot_be_read_is_said_and_stops_nothing(account: Account) -> None:
    done = account.deploy()
    assert done.returncode == 0, done.stderr
    assert "quota cannot be read: it answered 403: Permission denied" in done.stdout


def test_a_trigger_waits_for_the_permissions_of_eventarc(account: Account) -> None:
    account.change(pending=3)
    done = account.deploy()
    assert done.returncode == 0, done.stderr
    assert tried(account, TRIGGER) == 4
    assert "attempt 3 failed" in done.stdout


def test_it_does_not_wait_for_ever(account: Account) -> None:
    account.change(pending=100)
    done = account.deploy()
    assert done.returncode == 1
    assert "Permission denied while using the Eventarc Service Agent" in done.stderr
    assert tried(account, TRIGGER) == 6


def test_any_other_failure_is_one_at_once(account: Account) -> None:
    account.change(fails=TRIGGER)
    assert account.deploy().returncode == 1
    assert tried(account, TRIGGER) == 1


ACCOUNT = "earshot-session@my-feed.iam.gserviceaccount.com"
ARRIVES = [
    'Invalid resource state for "": Permission denied while using the Eventarc Service Agent.',
    f"Permission denied on secret: s for Revision service account {ACCOUNT}.",
    "Could not build the function due to a missing permission on the build service account.",
    f"{ACCOUNT} does not have storage.objects.get access to the Google Cloud Storage object.",
    f"Access to bucket b denied. You must grant Storage Object Viewer permission to {ACCOUNT}.",
    f"Service account projects/-/serviceAccounts/{ACCOUNT} was not found.",
]
STAYS = [
    f"Permission 'iam.serviceaccounts.actAs' denied on service account {ACCOUNT}.",
    "Permission 'cloudfunctions.functions.create' denied on resource",
    "Max instances must be set to 10 or fewer to set the requested total CPU.",
    "Build failed: SyntaxError in main.py",
]


@pytest.mark.parametrize(
    ("said", "attempts"), [(one, 6) for one in ARRIVES] + [(one, 1) for one in STAYS]
)
def test_only_what_may_still_arrive_is_waited_for(said: str, attempts: int) -> None:
    script = (
        f"set -Eeuo pipefail; . {ROOT}/deploy/commands.sh; DRY_RUN=false PATIENCE_S=0;"
        'refused() { echo attempt >&4; echo "$SAID" >&2; return 1; }; until_permitted refused 4>&1'
    )
    done = subprocess.run(
        ["bash", "-c", script],
        env={"PATH": os.environ["PATH"], "SAID": f"ERROR: (gcloud.functions.deploy) {said}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.splitlines().count("attempt") == attempts
    assert done.stderr.count(said) == attempts


def test_indexes_and_overrides_of_a_team_stay_as_they_are(account: Account) -> None:
    at = {"fieldPath": "at", "order": "ASCENDING"}
    by = {"fieldPath": "by", "order": "DESCENDING"}
    composite = {"collectionGroup": "posts", "queryScope": "COLLECTION", "fields": [at, by]}
    theirs = [
        {"collectionGroup": "engagements", "fieldPath": "type", "indexes": [], "ttl": False},
        {
            "collectionGroup": "engagements",
            "fieldPath": "timestamp",
            "ttl": True,
            "indexes": [{"order": "ASCENDING", "queryScope": "COLLECTION_GROUP"}],
        },
    ]
    account.change(indexes={"indexes": [composite], "fieldOverrides": theirs})
    done = account.deploy()
    assert done.returncode == 0, done.stderr
    assert "# indexes: + engagements.timestamp: DESCENDING" in done.stdout
    found = account.state["indexes"]
    assert found["indexes"] == [composite]
    kind, timestamp = found["fieldOverrides"]
    assert kind == theirs[0]
    assert timestamp["ttl"] is True
    assert timestamp["indexes"] == [
        {"order": "ASCENDING", "queryScope": "COLLECTION_GROUP"},
        {"order": "ASCENDING", "queryScope": "COLLECTION"},
        {"order": "DESCENDING", "queryScope": "COLLECTION"},
    ]
    assert "what is needed is there" in account.deploy().stdout
