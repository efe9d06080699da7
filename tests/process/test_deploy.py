"""deploy.sh against a stand-in for somebody's account: what it looks up, does, and leaves alone."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.deploying import PROJECT, ROOT, Account, commands, dry_run, needs_gcloud

pytestmark = needs_gcloud
KEY = "earshot-cursor-keys"


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """A project with a database and nothing else."""
    return Account(tmp_path)


@pytest.fixture(scope="module")
def after_one_run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    first = Account(tmp_path_factory.mktemp("first"))
    first.deployed()
    return first.state


@pytest.fixture
def deployed(tmp_path: Path, after_one_run: dict[str, Any]) -> Account:
    """A project in which all is deployed."""
    return Account(tmp_path, **after_one_run)


def functions(changes: list[str]) -> list[str]:
    """The functions that were deployed."""
    return [one.split()[3] for one in changes if " functions deploy " in one]


def test_a_run_does_what_the_dry_run_showed_in_that_order(after_one_run: dict[str, Any]) -> None:
    def plain(words: list[str]) -> str:
        line = " ".join(words[words.index("|") + 1 :] if "|" in words else words)
        line = re.sub(r"https://publish-catalog-[\w.-]*run\.app", "ADDRESS", line)
        return re.sub(r"\bfingerprint\b|\b[0-9a-f]{40}\b", "DIGEST", line)

    shown = dry_run(f"--project={PROJECT}", "--region=us-central1").stdout
    for name, found in {
        "DATABASE_LOCATION": "nam5",
        "PROJECT_NUMBER": "123456789",
        "create SITE ": f"create {PROJECT} ",
    }.items():
        shown = shown.replace(name, found)
    assert [plain(one.split(" ")) for one in after_one_run["changes"]] == [
        plain(words)
        for words in commands(shown)
        if words[0] != "python3" and words[1] != "firestore:indexes"
    ]


def test_a_second_run_changes_nothing_but_what_firebase_compares_itself(deployed: Account) -> None:
    again = deployed.deployed()
    assert [one.split()[2] for one in again] == ["--only=firestore:rules,firestore:indexes"]


def test_a_second_run_over_several_regions_changes_nothing_either(account: Account) -> None:
    options = ("--regions=europe-west1,us-central1", "--load-balancer", "--domain=a.example.com")
    assert any(
        "forwarding-rules" in one for one in account.deployed(*options, "--access=unchecked")
    )
    again = account.deployed(*options, "--access=unchecked")
    assert [one.split()[0] for one in again] == ["firebase"]


def test_only_what_has_changed_is_deployed_again(deployed: Account) -> None:
    assert functions(deployed.deployed("--min-instances=1")) == ["create-session"]
    assert functions(deployed.deployed("--min-instances=1")) == []
    (deployed.work / "main.py").write_text("# changed\n")
    everything = functions(deployed.deployed("--min-instances=1"))
    assert len(everything) == 4
    assert functions(deployed.deployed("--min-instances=1", "--redeploy")) == everything


def test_a_changed_site_is_deployed_again(deployed: Account) -> None:
    (deployed.work / "web" / "app.js").write_text("// changed\n")
    assert "--only=hosting" in deployed.deployed()[-1]


def test_a_changed_schedule_updates_the_job_and_starts_no_build(deployed: Account) -> None:
    jobs = [one for one in deployed.deployed("--schedule=0 * * * *") if " scheduler " in one]
    assert len(jobs) == 1
    assert " update http " in jobs[0]


def test_the_key_is_made_once_and_shown_nowhere(account: Account) -> None:
    first = account.deploy()
    (key,) = account.state["secrets"][KEY]
    assert re.fullmatch(r"[0-9a-f]{64}\n", key)
    second = account.deploy("--redeploy")
    assert account.state["secrets"][KEY] == [key]
    shown = first.stdout + first.stderr + second.stdout + second.stderr
    assert key.strip() not in shown + json.dumps(account.state["calls"])
    assert "token" not in json.dumps([one for one in account.state["calls"] if one[0] == "curl"])


def test_a_key_that_cannot_be_looked_up_is_not_made_anew(deployed: Account) -> None:
    deployed.change(fails="secrets versions list|secrets list")
    done = deployed.deploy()
    assert done.returncode != 0
    assert "The key that signs cursors" in done.stderr
    assert len(deployed.state["secrets"][KEY]) == 1
    assert deployed.state["changes"] == []


def test_a_new_key_goes_to_the_function_by_its_number(deployed: Account) -> None:
    keys = deployed.state["secrets"][KEY]
    deployed.change(secrets={KEY: [*keys, "a newer one"]})
    changes = deployed.deployed()
    assert functions(changes) == ["create-session"]
    assert any(f"--set-secrets=CURSOR_KEYS={KEY}:2" in one for one in changes)


def test_an_interrupted_first_run_is_taken_up_where_it_stopped(account: Account) -> None:
    account.change(fails="functions deploy create-session")
    done = account.deploy()
    assert done.returncode == 1
    assert re.search(r'step \d+, "create-session in us-central1", failed', done.stderr)
    assert functions(account.state["changes"]) == ["publish-catalog"]
    account.change(fails="")
    rest = account.deployed()
    assert not any("hosting:sites:create" in one for one in rest)
    assert functions(rest) == [
        "create-session",
        "update-summary-engagement",
        "update-summary-profile",
    ]
    assert not [
        one for one in rest if re.search(r" enable | service-accounts | buckets | secrets ", one)
    ]


@pytest.mark.parametrize(
    ("call", "step"),
    [
        ("services enable", "APIs"),
        ("service-accounts list", "Service accounts"),
        ("buckets create", "The bucket"),
        ("versions add", "The key"),
        ("projects get-iam-policy", "Roles"),
        ("firebase deploy --only=firestore", "Rules and indexes"),
        ("functions list", "publish-catalog"),
    ],
)
def test_a_step_that_fails_is_named_and_the_last(account: Account, call: str, step: str) -> None:
    account.change(fails=call)
    done = account.deploy()
    assert done.returncode != 0
    (said,) = re.findall(r'step \d+, "([^"]+)", failed', done.stderr)
    assert said.startswith(step)
    assert re.search(call, " ".join(account.state["calls"][-1]))


def test_a_binding_to_an_account_that_is_not_known_yet_is_tried_again(account: Account) -> None:
    account.change(fails="add-iam-policy-binding")
    done = account.deploy()
    assert done.returncode == 1
    assert '"Roles, no more than each account needs", failed' in done.stderr
    tried = [one for one in account.state["calls"] if "add-iam-policy-binding" in one]
    assert len(tried) == 6
    assert all(one == tried[0] for one in tried)


def test_all_that_is_missing_is_said_at_once(tmp_path: Path) -> None:
    none = ("openssl", "firebase", "python3")
    bare = Account(tmp_path, without=none, billing="False", databases=[])
    done = bare.deploy()
    assert done.returncode == 1
    for what, how in {
        "openssl": "",
        "Python 3.11 or newer": "PYTHON=python3.12",
        "firebase": "npm install --global firebase-tools",
        "billing": "gcloud billing projects link my-feed",
        "a Firestore database": "gcloud firestore databases create --location=LOCATION",
    }.items():
        assert re.search(
            rf"^  {what}\n(      .*\n)*?      .*{re.escape(how)}", done.stderr, re.MULTILINE
        )
    assert bare.state["changes"] == []


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"account": ""}, "gcloud auth login"),
        ({"fails": "projects describe"}, "project my-feed, seen by somebody@example.com"),
        ({"databases": ["(default)\tDATASTORE_MODE\tnam5"]}, "in Native mode"),
        ({"databases": ["other\tFIRESTORE_NATIVE\tnam5"]}, "a Firestore database"),
        ({"databases": ["(default)\tFIRESTORE_NATIVE\tnam99"]}, "a region"),
        ({"fails": "firestore databases list"}, "ERROR: told to fail"),
        ({"fails": "print-access-token"}, "a look at firebaserules"),
    ],
)
def test_a_project_that_cannot_be_used_is_said(
    account: Account, state: dict[str, Any], said: str
) -> None:
    account.change(**state)
    done = account.deploy()
    assert done.returncode == 1
    assert said in done.stderr
    assert account.state["changes"] == []


def test_no_gcloud_at_all_is_said_without_asking_it(tmp_path: Path) -> None:
    done = Account(tmp_path, without=("gcloud",)).deploy()
    assert done.returncode == 1
    assert "https://cloud.google.com/sdk" in done.stderr
    assert "command not found" not in done.stderr


@pytest.mark.parametrize(
    ("location", "region"),
    [
        ("eur3", "europe-west1"),
        ("australia-southeast1", "australia-southeast1"),
    ],
)
def test_functions_run_beside_the_database(account: Account, location: str, region: str) -> None:
    account.change(databases=[f"(default)\tFIRESTORE_NATIVE\t{location}"])
    changes = account.deployed()
    assert {
        re.search(r"--region=(\S+)", one)[1] for one in changes if "functions deploy" in one
    } == {  # type: ignore[index]
        region
    }
    assert any(f"--trigger-location={location} " in one for one in changes)
    config = json.loads((account.work / "firebase.deployed.json").read_text())
    assert config["hosting"]["rewrites"][0]["run"]["region"] == region


def test_the_pinecone_key_is_asked_for_when_it_is_used(account: Account) -> None:
    done = account.deploy("--vectors=pinecone")
    assert "gcloud secrets create earshot-pinecone-api-key" in done.stderr
    account.change(secrets={"earshot-pinecone-api-key": ["key"]})
    changes = account.deployed("--vectors=pinecone")
    (publish,) = [one for one in changes if "functions deploy publish-catalog" in one]
    assert "--set-secrets=PINECONE_API_KEY=earshot-pinecone-api-key:1" in publish


LOCKED = "match /{document=**} { allow read, write: if false; }"
TRIAL = "match /{document=**} { allow read, write: if request.time < timestamp.date(2026, 12, 1); }"
THEIRS = "match /posts/{id} { allow read: if true; } match /x/{y} { allow write: if false; }"


@pytest.mark.parametrize("rules", [LOCKED, TRIAL, (ROOT / "firestore.rules").read_text()])
def test_rules_of_a_new_database_and_our_own_are_replaced(deployed: Account, rules: str) -> None:
    deployed.change(rules=rules)
    assert any("firestore:rules" in one for one in deployed.deployed())


def test_rules_of_somebody_else_are_replaced_only_when_asked(deployed: Account) -> None:
    deployed.change(rules=THEIRS)
    done = deployed.deploy()
    assert done.returncode == 1
    assert "--replace-rules" in done.stderr
    assert deployed.state["changes"] == []
    assert not any("firestore:rules" in one for one in deployed.deployed("--skip-rules"))
    assert any("firestore:rules" in one for one in deployed.deployed("--replace-rules"))


def test_access_can_be_closed_and_opened_again(deployed: Account) -> None:
    deployed.deployed("--access=unchecked")
    assert deployed.state["unchecked"] == ["us-central1"]
    closed = deployed.deployed("--access=private")
    assert deployed.state["unchecked"] == []
    assert any(one.endswith(" --invoker-iam-check") for one in closed)


def test_functions_left_in_another_region_are_named_and_left(deployed: Account) -> None:
    before = deployed.state["functions"]
    deployed.change(functions={**before, "europe-west1/create-session": "label"})
    assert "create-session is still in europe-west1" in deployed.deploy().stdout
    assert deployed.state["functions"].keys() == {*before, "europe-west1/create-session"}
