"""deploy.sh in a project that a team uses already: what it adapts to and what it leaves alone."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from deploy.indexes import merge_indexes
from tests.support.deployment import PROJECT, ROOT, Account, Deployment, needs_gcloud

pytestmark = needs_gcloud
GI = 2**30
DOCUMENTS = """rules_version = '2';
service cloud.firestore {
  match /databases/{database}/documents {
    $rules
  }
}
"""
LOCKED = DOCUMENTS.replace("$rules", "match /{document=**} { allow read, write: if false; }")
TRIAL = LOCKED.replace("false", "request.time < timestamp.date(2026, 12, 1)")
RULES = DOCUMENTS.replace("$rules", "match /posts/{id} { allow read; }  // of the team")
WIDE = DOCUMENTS.replace("$rules", "match /{document=**} { allow get: if request.auth != null; }")
EARSHOT = {"type": "DEPLOY", "message": "Earshot 0123"}
CAMPAIGN = {"type": "DEPLOY", "message": "Spring campaign"}
DISABLED = {"type": "SITE_DISABLE"}
INDEXES = {
    "indexes": [{"collectionGroup": "posts", "queryScope": "COLLECTION", "fields": []}],
    "fieldOverrides": [
        {"collectionGroup": "engagements", "fieldPath": "type", "indexes": [], "ttl": False},
        {"collectionGroup": "engagements", "fieldPath": "timestamp", "indexes": [], "ttl": True},
    ],
}
PINECONE_KEY = "earshot-pinecone-api-key"
STREAM = "https://create-session-123456789.australia-southeast1.run.app"


def sites(**releases: dict[str, str] | None) -> dict[str, Any]:
    """Returns sites by name, with `_` for a hyphen; the first is the default one."""
    found: dict[str, Any] = {}
    for name, release in releases.items():
        kind = "USER_SITE" if found else "DEFAULT_SITE"
        found[name.replace("_", "-")] = {"type": kind, **({"live": release} if release else {})}
    return found


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


@pytest.fixture(scope="module")
def in_europe(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A run in a project with a database in eur3, two sites, indexes and a quota of its own."""
    account = Account(
        tmp_path_factory.mktemp("europe"),
        databases=["(default)\tFIRESTORE_NATIVE\teur3"],
        sites=sites(my_feed_a5c16=None, my_feed=CAMPAIGN),
        indexes=INDEXES,
        quota=[20_000, 40 * GI],
        rules=TRIAL,
        secrets={PINECONE_KEY: ["key"]},
        pending=3,
    )
    return Deployment(account, "--vectors=pinecone")


@pytest.fixture(scope="module")
def in_australia(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A run with App Check and a model, where the database is in Australia, the site disabled."""
    account = Account(
        tmp_path_factory.mktemp("australia"),
        databases=["(default)\tFIRESTORE_NATIVE\taustralia-southeast1"],
        sites=sites(my_feed=DISABLED),
        rules=LOCKED,
    )
    model = ("--models=gemini", "--model=gemini-3.8-flash", "--genai-regions=us-east1,us-west1")
    model += ("--enrich=gemini", "--enrich-max-cost=5")
    return Deployment(account, "--app-check=123456789", "--app-check-site-key=6Lc", *model)


@pytest.mark.parametrize(
    ("fixture", "location", "region"),
    [
        ("in_europe", "eur3", "europe-west1"),
        ("in_australia", "australia-southeast1", "australia-southeast1"),
    ],
)
def test_functions_run_beside_the_database(
    fixture: str, location: str, region: str, request: pytest.FixtureRequest
) -> None:
    done: Deployment = request.getfixturevalue(fixture)
    deployed = [one for one in done.changes if "functions deploy" in one]
    assert {found for one in deployed for found in re.findall(r"--region=(\S+)", one)} == {region}
    assert any(f"--trigger-location={location} " in one for one in deployed)
    assert done.config["hosting"]["rewrites"][0]["run"]["region"] == region


def test_the_default_site_is_used_whatever_its_name(in_europe: Deployment) -> None:
    live = {name: site["live"] for name, site in in_europe.state["sites"].items()}
    assert live["my-feed"] == CAMPAIGN
    assert live["my-feed-a5c16"]["message"].startswith("Earshot ")
    assert "https://my-feed-a5c16.web.app" in in_europe.output
    assert "my-feed.web.app" not in in_europe.output


def test_the_defaults_fit_a_new_project_and_the_quota_is_printed(in_europe: Deployment) -> None:
    allowed = dict(re.findall(r"(?m)^# (\S+) in europe-west1: .* allows (\d+)\.", in_europe.output))
    assert allowed == {
        "create-session": "20",
        "publish-catalog": "10",
        "update-summary-engagement": "20",
        "update-summary-profile": "20",
    }


def test_a_trigger_waits_for_the_permissions_of_eventarc(in_europe: Deployment) -> None:
    trigger = "functions deploy update-summary-engagement"
    assert sum(trigger in " ".join(words) for words in in_europe.state["calls"]) == 4
    assert "attempt 3 failed" in in_europe.output


def test_indexes_and_overrides_of_a_team_stay_as_they_are(in_europe: Deployment) -> None:
    assert "# indexes: + engagements.timestamp: DESCENDING" in in_europe.output
    needed = json.loads((ROOT / "firestore.indexes.json").read_text())
    assert in_europe.state["indexes"] == merge_indexes(needed, INDEXES)[0] != INDEXES


def test_the_pinecone_key_goes_to_the_builder(in_europe: Deployment, account: Account) -> None:
    (publish,) = [one for one in in_europe.changes if "functions deploy publish-catalog" in one]
    assert f"--set-secrets=PINECONE_API_KEY={PINECONE_KEY}:1" in publish
    assert f"gcloud secrets create {PINECONE_KEY}" in account.refusal("--vectors=pinecone")


def test_a_model_needs_an_api_a_role_and_its_settings(
    in_australia: Deployment, account: Account
) -> None:
    (session,) = [one for one in in_australia.changes if "deploy create-session" in one]
    assert "GENAI_REGIONS=us-east1,us-west1|MODEL=gemini-3.8-flash|MODELS=gemini" in session
    assert any("aiplatform.googleapis.com" in one for one in in_australia.changes)
    granted = [one for one in in_australia.changes if "roles/aiplatform.user" in one]
    for one, name in zip(granted, ("earshot-session@", "earshot-publish@"), strict=True):
        assert name in one
    (build,) = [one for one in in_australia.changes if "deploy publish-catalog" in one]
    assert "ENRICH=gemini|ENRICH_MAX_COST=5" in build
    assert "GENAI_REGIONS=us-east1,us-west1|MODEL=gemini-3.8-flash" in build
    assert "--model=NAME" in account.refusal("--models=gemini")
    assert "--model-price=INPUT,OUTPUT" in account.refusal("--enrich=gemini", "--model=new")
    endpoint = ("--models=openai", "--model=m", "--model-url=https://m.example/v1")
    assert "gcloud secrets create earshot-model-api-key" in account.refusal(*endpoint)
    assert "one vendor" in account.refusal(*endpoint, "--enrich=gemini")


def test_with_app_check_the_page_has_its_key_and_the_function_its_number(
    in_australia: Deployment,
) -> None:
    (session,) = [one for one in in_australia.changes if "deploy create-session" in one]
    assert "APP_CHECK=123456789" in session
    assert any("recaptchaenterprise.googleapis.com" in one for one in in_australia.changes)
    assert in_australia.settings == {"app_check_site_key": "6Lc", "stream": f"{STREAM}/api"}
    page = (in_australia.account.work / ".earshot/hosting/index.html").read_text()
    assert "https://content-firebaseappcheck.googleapis.com" in page
    assert f" {STREAM};" in page
    assert "CORS_ORIGINS=https://my-feed.web.app,https://my-feed.firebaseapp.com" in session


@pytest.mark.parametrize(
    ("fixture", "site"), [("in_australia", "my-feed"), ("in_europe", "my-feed-a5c16")]
)
def test_a_disabled_or_empty_site_and_rules_of_a_new_database_are_replaced(
    fixture: str, site: str, request: pytest.FixtureRequest
) -> None:
    done: Deployment = request.getfixturevalue(fixture)
    assert done.state["sites"][site]["live"]["message"].startswith("Earshot ")
    assert done.state["rules"] == (ROOT / "firestore.rules").read_text()


def test_an_earlier_site_and_rules_of_earshot_are_replaced(
    account: Account, first_deployment: Deployment
) -> None:
    state = first_deployment.state
    account.change(**{**state, "sites": sites(my_feed=EARSHOT)})
    assert "Rules of Earshot" in state["rules"]
    changes = account.deploy()
    assert any("--only=hosting" in one for one in changes)
    assert any("--only=firestore:rules" in one for one in changes)


def test_rules_of_a_team_stay_around_those_of_earshot(
    account: Account, first_deployment: Deployment
) -> None:
    account.change(**{**first_deployment.state, "rules": RULES})
    account.deploy()
    merged = account.state["rules"]
    assert "# rules: +    // earshot:begin" in account.output
    start, end = merged.index("\n    // earshot:begin"), merged.index("  }\n}\n")
    assert merged[:start] + merged[end:] == RULES
    account.deploy()
    assert account.state["rules"] == merged
    assert "# rules: the rules have not changed" in account.output


def test_rules_that_open_documents_of_earshot_stop_a_run_unless_accepted(
    account: Account, first_deployment: Deployment
) -> None:
    account.change(**{**first_deployment.state, "rules": WIDE})
    said = account.refusal()
    assert "line 4: allow get, in match /{document=**}" in said
    assert "!string(document).matches('/users/[^/]+/earshot/[^/]*')" in said
    account.deploy("--accept-rules-overlap")
    assert "allow get: if request.auth != null" in account.state["rules"]


def test_rules_that_change_during_a_run_are_not_overwritten(
    account: Account, first_deployment: Deployment
) -> None:
    account.change(**{**first_deployment.state, "rules": [RULES, WIDE]})
    done = account.run()
    assert "have changed since this run began" in done.stderr
    assert not any("firestore:rules" in one for one in account.state["changes"])


def test_a_site_of_others_is_replaced_only_when_asked(
    account: Account, first_deployment: Deployment
) -> None:
    account.change(**{**first_deployment.state, "sites": sites(my_feed=CAMPAIGN)})
    said = account.refusal()
    assert "--site=my-feed replaces it" in said
    kept = account.deploy("--skip-rules", "--skip-hosting")
    assert not [one for one in kept if one.startswith("firebase deploy")]
    beside = account.deploy("--site=my-feed-listen")
    assert any("--only=hosting" in one for one in beside)
    assert account.state["sites"]["my-feed"]["live"] == CAMPAIGN
    assert account.state["sites"]["my-feed-listen"]["live"]["message"].startswith("Earshot ")
    account.deploy(f"--site={PROJECT}")
    assert account.state["sites"][PROJECT]["live"]["message"].startswith("Earshot ")
