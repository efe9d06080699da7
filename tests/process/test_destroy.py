"""deploy.sh --destroy: all that a deployment made goes, and nothing else does."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from emulators.firestore import FirestoreEmulator
from tests.support.deployment import (
    PROJECT,
    ROOT,
    Account,
    Deployment,
    commands,
    dry_run,
    needs_gcloud,
)

pytestmark = needs_gcloud
OPTIONS = (
    "--regions=europe-west1,us-central1",
    "--load-balancer",
    "--domain=feed.example.com",
    "--retrieval=pinecone",
    "--pinecone-host=x.example",
)
BUCKET = f"{PROJECT}-earshot"


@pytest.fixture(scope="module")
def full_deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    account = Account(tmp_path_factory.mktemp("first"), secrets={"earshot-pinecone-api-key": ["k"]})
    return Deployment(account, *OPTIONS)


@pytest.fixture
def account(tmp_path: Path, full_deployment: Deployment) -> Account:
    """A project with everything that a deployment can make, in two regions."""
    return full_deployment.copy(tmp_path)


def left(account: Account) -> dict[str, Any]:
    """What there is of parts, by kind, as far as there is any."""
    state = account.state
    kinds = ("functions", "packages", "objects", "buckets", "secrets", "accounts", "job")
    found = {kind: state[kind] for kind in kinds if state[kind]}
    parts = {kind: sorted(names) for kind, names in state["compute"].items() if names}
    policies = {place: lines for place, lines in state["policies"].items() if lines}
    return {**found, **({"compute": parts} if parts else {}), "policies": policies}


def test_everything_that_was_made_goes_as_shown_and_data_and_what_is_not_ours_stays(
    account: Account,
) -> None:
    agent = "service-123456789@gcp-sa-eventarc.iam.gserviceaccount.com"
    done = account.run("--destroy", OPTIONS[0], typed=f"{PROJECT}\n")
    assert done.returncode == 0, done.stderr
    changes = account.state["changes"]
    shown, _, ran = done.stdout.partition("# 9. Data")
    ran = ran.partition("# 1. The schedule\n")[2]
    assert [" ".join(words) for words in commands(shown)] == changes
    assert [" ".join(words) for words in commands(ran)] == changes
    assert left(account) == {
        "buckets": [BUCKET],
        "secrets": {"earshot-pinecone-api-key": ["k"]},
        "accounts": [agent],
        "policies": {
            f"projects {PROJECT}": [f"roles/eventarc.serviceAgent\tserviceAccount:{agent}"]
        },
    }
    assert account.state["sites"][PROJECT]["live"] == {"type": "SITE_DISABLE"}
    assert account.state["deleted"] == []

    assert account.deploy("--destroy", "--yes", OPTIONS[0]) == []
    account.deploy(*OPTIONS)
    assert len(account.state["functions"]) == 5


def test_without_the_projects_id_nothing_is_removed(account: Account) -> None:
    assert "nothing was removed" in account.refusal("--destroy", typed="yes\n")
    assert "gcloud functions delete create-session" in account.output
    script = f". {ROOT}/deploy/commands.sh; . {ROOT}/deploy/destroy.sh; YES=false; confirm"
    for typed, code in {"": 1, "no\n": 1, f"{PROJECT}x\n": 1, f"{PROJECT}\n": 0}.items():
        done = subprocess.run(
            ["bash", "-c", script],
            env={"PATH": os.environ["PATH"], "PROJECT": PROJECT},
            input=typed,
            text=True,
            capture_output=True,
            check=False,
        )
        assert (done.returncode, "nothing was removed" in done.stderr) == (code, code == 1), typed


def test_in_every_region_what_others_have_beside_ours_stays(account: Account) -> None:
    state = account.state
    theirs = "us-central1/shop"
    sources = "gcf-v2-sources-123456789-us-central1"
    state["functions"][theirs] = ""
    state["packages"]["us-central1"].append("my--feed__us--central1__shop")
    state["objects"][sources].append("shop")
    state["compute"]["ssl-certificates"]["earshot-shop"] = {"domains": "shop.example"}
    state["compute"]["addresses"]["shop"] = {}
    member = "serviceAccount:earshot-x@other.iam.gserviceaccount.com"
    state["policies"][f"projects {PROJECT}"].append(f"roles/owner\t{member}")
    state["sites"]["shop"] = {"type": "USER_SITE", "live": {"message": "Spring"}}
    account.change(**state)
    account.deploy("--destroy", "--yes")
    found = account.state
    assert found["functions"] == {theirs: ""}
    assert found["packages"] == {"us-central1": ["my--feed__us--central1__shop"]}
    assert found["objects"][sources] == ["shop"]
    assert {*found["buckets"]} == {
        BUCKET,
        sources,
        "gcf-v2-uploads-123456789.us-central1.cloudfunctions.appspot.com",
    }
    assert {kind: [*names] for kind, names in found["compute"].items() if names} == {
        "ssl-certificates": ["earshot-shop"],
        "addresses": ["shop"],
    }
    assert len(found["policies"][f"projects {PROJECT}"]) == 2
    assert found["sites"]["shop"]["live"] == {"message": "Spring"}


def test_a_function_of_our_name_that_is_not_ours_keeps_its_image_and_source(
    tmp_path: Path,
) -> None:
    package = "my--feed__us--central1__create--session"
    sources = "gcf-v2-sources-123456789-us-central1"
    account = Account(
        tmp_path,
        services=["artifactregistry.googleapis.com", "cloudfunctions.googleapis.com"],
        functions={"us-central1/create-session": ""},
        packages={"us-central1": [package]},
        buckets=[sources],
        objects={sources: ["create-session"]},
    )
    assert account.deploy("--destroy", "--yes") == []


def test_an_interrupted_removal_is_taken_up_where_it_stopped(account: Account) -> None:
    account.change(fails="artifacts repositories delete")
    done = account.run("--destroy", "--yes")
    assert done.returncode == 1
    assert re.search(r'step \d+, "What the functions were built from', done.stderr)
    account.change(fails="")
    account.deploy("--destroy", "--yes", OPTIONS[0])
    assert {*left(account)} == {"buckets", "secrets", "accounts", "policies"}
    assert account.state["buckets"] == [BUCKET]


@pytest.mark.parametrize(
    "call",
    [
        "storage ls",
        "artifacts repositories list",
        "artifacts packages list",
        "functions list",
        "curl .*sites",
        "ssl-certificates list",
        "projects get-iam-policy",
    ],
)
def test_what_cannot_be_looked_up_ends_it_before_anything_is_removed(
    account: Account, call: str
) -> None:
    account.change(fails=call)
    done = account.run("--destroy", "--yes")
    assert done.returncode != 0
    assert done.stderr
    assert account.state["changes"] == []


def test_an_empty_project_has_nothing_to_remove(tmp_path: Path) -> None:
    assert Account(tmp_path).deploy("--destroy", "--yes") == []


def test_data_goes_with_another_flag(
    account: Account, firestore_emulator: FirestoreEmulator
) -> None:
    account.change(token="owner")
    account.deploy(
        "--destroy",
        "--destroy-data",
        "--yes",
        "--episodes=firestore:shows",
        FIRESTORE_EMULATOR_HOST=firestore_emulator.host,
    )
    assert account.state["buckets"] == []
    assert account.state["deleted"] == ["shows"]


def test_what_is_destroyed_is_said_on_the_command_line_alone() -> None:
    shown = dry_run("--project=my-feed", DESTROY="true", DESTROY_DATA="true", YES="true").stdout
    assert " delete " not in shown
    assert "functions deploy" in shown


def test_a_dry_run_removes_nothing_that_may_be_shared() -> None:
    everything = dry_run("--project=my-feed", "--destroy", "--destroy-data").stdout
    assert "firebase firestore:delete episodes" in everything
    feeds = dry_run("--project=my-feed", "--destroy", "--destroy-data", "--feeds=https://a.example")
    assert "firestore:delete" not in feeds.stdout
    assert "deploy.user_data" in everything
    assert "repositories delete" not in everything
    assert "projects delete" not in everything
