"""deploy.sh in a new project: what a first run does, and what further runs leave alone."""

import json
import re
from pathlib import Path

import pytest

from tests.support.deployment import (
    PROJECT,
    Account,
    Deployment,
    commands,
    dry_run,
    functions,
    needs_gcloud,
)

pytestmark = needs_gcloud
KEY = "earshot-cursor-keys"
TRIGGERS = ["update-summary-engagement", "update-summary-profile"]
RULES = "--only=firestore:rules,firestore:indexes"


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """A project with a database and nothing else."""
    return Account(tmp_path)


@pytest.fixture
def deployed(tmp_path: Path, first_deployment: Deployment) -> Account:
    """A project in which everything is deployed."""
    return first_deployment.copy(tmp_path)


def test_a_run_does_what_the_dry_run_shows_in_that_order(first_deployment: Deployment) -> None:
    def plain(words: list[str]) -> str:
        line = " ".join(words[words.index("|") + 1 :] if "|" in words else words)
        line = re.sub(r"https://publish-catalog-[\w.-]*run\.app", "ADDRESS", line)
        return re.sub(r"\bfingerprint\b|\b[0-9a-f]{40}\b", "DIGEST", line)

    shown = dry_run(f"--project={PROJECT}", "--region=us-central1").stdout
    shown = shown.replace("DATABASE_LOCATION", "nam5").replace("PROJECT_NUMBER", "123456789")
    shown = re.sub(r"create SITE |//SITE\.", lambda m: m[0].replace("SITE", PROJECT), shown)
    assert [plain(one.split(" ")) for one in first_deployment.changes] == [
        plain(words)
        for words in commands(shown)
        if words[0] != "python3" and words[1] != "firestore:indexes"
    ]


def test_a_quota_that_cannot_be_read_stops_nothing(first_deployment: Deployment) -> None:
    assert "quota cannot be read: it answered 403: Permission denied" in first_deployment.output


def test_a_project_without_a_site_gets_one_before_anything_is_built(
    first_deployment: Deployment,
) -> None:
    changes = first_deployment.changes
    steps = [one.split()[1] for one in changes]
    assert steps.index("hosting:sites:create") < steps.index("functions")
    assert first_deployment.state["sites"][PROJECT]["live"]["message"].startswith("Earshot ")


def test_without_options_the_page_has_an_address_for_streams_alone(
    first_deployment: Deployment,
) -> None:
    hosting = first_deployment.config["hosting"]
    address = "https://create-session-123456789.us-central1.run.app"
    assert first_deployment.settings == {"stream": f"{address}/api"}
    assert f" {address};" in json.dumps(hosting["headers"])
    assert (hosting["site"], hosting["public"]) == (PROJECT, ".earshot/hosting")
    assert "recaptcha" not in json.dumps(first_deployment.config)


def test_a_second_run_changes_nothing_but_what_firebase_compares_itself(deployed: Account) -> None:
    before = deployed.state["functions"]
    elsewhere = {**before, "europe-west1/create-session": "label"}
    deployed.change(functions=elsewhere)
    assert [one.split()[2] for one in deployed.deploy()] == [RULES]
    assert "create-session is still in europe-west1" in deployed.output
    assert "all needed indexes exist" in deployed.output
    assert deployed.state["functions"].keys() == elsewhere.keys()


def test_only_what_has_changed_is_deployed_again(deployed: Account) -> None:
    (key,) = keys = deployed.state["secrets"][KEY]
    assert re.fullmatch(r"[0-9a-f]{64}\n", key)
    deployed.change(secrets={KEY: [*keys, "a newer one"]})
    options = ("--min-instances=1", "--schedule=0 3 * * *")
    changes = deployed.deploy(*options)
    assert functions(changes) == ["create-session", *TRIGGERS]  # all of which have the key
    deployed_again = [one for one in changes if "functions deploy" in one]
    assert all(f"--set-secrets=CURSOR_KEYS={KEY}:2" in one for one in deployed_again)
    assert ["--min-instances=1 " in one for one in deployed_again] == [True, False, False]
    (job,) = [one for one in changes if " scheduler " in one]  # updated, and no build started
    assert " update http " in job

    (deployed.work / "web" / "app.js").write_text("// changed\n")
    changes = deployed.deploy(*options)
    assert functions(changes) == []
    assert "--only=hosting" in changes[-1]

    (deployed.work / "main.py").write_text("# changed\n")
    everything = functions(deployed.deploy(*options))
    assert len(everything) == 4
    assert functions(deployed.deploy(*options, "--redeploy")) == everything
    assert deployed.state["secrets"][KEY] == [key, "a newer one"]
    assert key.strip() not in deployed.output


def test_the_key_is_made_once_and_shown_nowhere(account: Account) -> None:
    shown = [account.deploy(), account.output, account.calls]
    (key,) = account.state["secrets"][KEY]
    assert "token" not in json.dumps([one for one in account.calls if one.startswith("curl")])
    account.change(fails="secrets versions list|secrets list")
    done = account.run()
    assert done.returncode != 0
    assert '"The key that signs cursors", failed' in done.stderr
    assert account.state["changes"] == []
    assert account.state["secrets"][KEY] == [key]
    assert key.strip() not in json.dumps([*shown, done.stdout, done.stderr, account.calls])


def test_an_interrupted_first_run_is_continued_where_it_stopped(account: Account) -> None:
    failing = "functions deploy create-session"
    account.change(fails=failing)
    done = account.run()
    assert done.returncode == 1
    assert re.search(r'step \d+, "create-session in us-central1", failed', done.stderr)
    assert functions(account.state["changes"]) == ["publish-catalog"]
    assert sum(failing in one for one in account.calls) == 1, "no wait helps"
    account.change(fails="")
    rest = account.deploy()
    assert not any("hosting:sites:create" in one for one in rest)
    assert functions(rest) == ["create-session", *TRIGGERS]
    assert not re.search(r" enable | service-accounts | buckets | secrets ", "\n".join(rest))


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
    done = account.run()
    assert done.returncode != 0
    (named,) = re.findall(r'step \d+, "([^"]+)", failed', done.stderr)
    assert named.startswith(step)
    assert re.search(call, account.calls[-1])


@pytest.mark.parametrize(
    ("state", "call", "reason"),
    [
        ({"fails": "add-iam-policy-binding"}, "add-iam-policy-binding", '"Roles, no more than'),
        (
            {"pending": 100},
            "functions deploy update-summary-engagement",
            "Permission denied while using the Eventarc Service Agent",
        ),
    ],
)
def test_what_google_may_not_know_yet_is_tried_six_times(
    account: Account, state: dict[str, object], call: str, reason: str
) -> None:
    account.change(**state)
    done = account.run()
    assert done.returncode == 1
    assert reason in done.stderr
    tried = [one for one in account.calls if call in one]
    assert len(tried) == 6
    assert {*tried} == {tried[0]}


def test_access_can_be_closed_and_opened_again(deployed: Account) -> None:
    deployed.deploy("--access=unchecked")
    assert deployed.state["unchecked"] == ["us-central1"]
    closed = deployed.deploy("--access=private")
    assert deployed.state["unchecked"] == []
    assert any(one.endswith(" --invoker-iam-check") for one in closed)
