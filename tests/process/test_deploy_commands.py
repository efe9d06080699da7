"""What the commands of deploy.sh make: accounts, roles, triggers, schedule, bucket."""

import json
import re
import sys
from pathlib import Path

import pytest

from adapters.firestore.schema.triggers import trigger_paths
from functions.audience.request import MAX_CALL_S
from tests.support.app import APP, SCHEMA
from tests.support.deployment import (
    PROJECT,
    ROOT,
    commands,
    dry_run,
    flag,
    variables,
)
from tests.support.dry_runs import MATRIX, TWO, email, named, planned, script


def test_the_paths_of_the_triggers_are_exact() -> None:
    paths = [flag(one, "trigger-event-filters-path-pattern") for one in planned()]
    assert [path for path in paths if path] == [
        ["document=users/{uid}/engagements/{id}"],
        ["document=users/{uid}/earshot/profile"],
    ]
    assert not [word for words in planned() for word in words if "**" in word]


def test_each_source_of_a_schema_has_a_trigger_in_its_database(tmp_path: Path) -> None:
    schema = tmp_path / "schema.toml"
    schema.write_text(f'database = "app"\n{SCHEMA}')

    def planned_with(*options: str) -> list[list[str]]:
        given = f"--project={PROJECT}", f"--schema={schema}", *options
        done = dry_run(*given, PYTHON=sys.executable)
        assert done.returncode == 0, done.stderr
        return commands(done.stdout)

    found = planned_with()
    triggers = named(found, "--entry-point=update_summary")
    paths = {one[3]: flag(one, "trigger-event-filters-path-pattern") for one in triggers}
    assert paths == {
        f"update-summary-{name}": [f"document={path}"] for name, path in trigger_paths(APP).items()
    }
    assert all("database=app" in flag(one, "trigger-event-filters") for one in triggers)
    for one in named(found, "functions", "deploy"):
        assert variables(one)["SCHEMA"] == str(schema)
    removed = planned_with("--destroy", "--destroy-data")
    assert named(removed, "delete", "update-summary-from-listens")
    (data,) = [one for one in removed if "deploy.user_data" in one]
    assert data[-4:] == [
        "--database=app",
        "users/{uid}/earshot",
        "users/{uid}/earshot/conversations/earshot_conversations",
        "users/{uid}/earshot_engagements",
    ]


def test_a_trigger_listens_where_the_database_is_and_tries_again() -> None:
    for one in named(planned(), "--entry-point=update_summary"):
        assert flag(one, "trigger-location") == ["DATABASE_LOCATION"]
        assert flag(one, "trigger-event-filters") == [
            "type=google.cloud.firestore.document.v1.written",
            "database=(default)",
        ]
        assert "--retry" in one
        assert flag(one, "trigger-service-account") == [email("eventarc")]


def test_each_function_runs_as_an_account_of_its_own() -> None:
    runs_as = {
        one[3]: (flag(one, "entry-point"), flag(one, "service-account"))
        for one in named(planned(), "functions", "deploy")
    }
    assert runs_as == {
        "publish-catalog": (["publish_catalog"], [email("publish")]),
        "create-session": (["create_session"], [email("session")]),
        "update-summary-engagement": (["update_summary"], [email("summary")]),
        "update-summary-profile": (["update_summary"], [email("summary")]),
    }


def test_every_account_that_is_used_is_made_before() -> None:
    made: set[str] = set()
    for words in planned():
        if words[1:4] == ["iam", "service-accounts", "create"]:
            made.add(words[4])
        used = set(re.findall(r"(earshot-[a-z]+)@", " ".join(words)))
        assert used <= made, words
    assert len(made) == 6


@pytest.mark.parametrize("options", MATRIX)
def test_nothing_is_public_but_create_session(options: tuple[str, ...]) -> None:
    found = planned(*options)
    opened = [one for one in found if {"--member=allUsers", "--no-invoker-iam-check"} & {*one}]
    assert all("create-session" in one for one in opened)
    assert bool(opened) == ("--access=private" not in options)
    for one in named(found, "functions", "deploy"):
        assert ("--no-allow-unauthenticated" in one) or one[3] == "create-session"
        assert "--allow-unauthenticated" not in one
    assert all("allAuthenticatedUsers" not in word for words in found for word in words)


def test_the_bucket_is_closed_and_nothing_in_it_grows_too_old() -> None:
    (bucket,) = named(planned(), "buckets", "create")
    assert {"--uniform-bucket-level-access", "--public-access-prevention"} <= {*bucket}
    assert "--soft-delete-duration=7d" in bucket


def test_audiences_are_asked_for_and_lie_in_a_bucket_of_their_own_that_forgets_them() -> None:
    assert not any("audience" in word for words in planned() for word in words[:5])
    found = planned("--audience", "--scenario=baseline")
    (function,) = named(found, "functions", "deploy", "find-audience")
    assert variables(function) == {
        "SHELF": f"gs://{PROJECT}-earshot",
        "AUDIENCES": f"gs://{PROJECT}-earshot-audiences",
        "STORE": "firestore",
        "FIREBASE_PROJECT": PROJECT,
        "SCENARIO": "baseline",
    }
    assert {"--concurrency=1", "--max-instances=1", "--timeout=1800s"} <= {*function}
    assert MAX_CALL_S < 1800
    assert not named(found, "find-audience", "add-iam-policy-binding")
    (bucket,) = named(found, "buckets", "create", f"gs://{PROJECT}-earshot-audiences")
    assert {"--public-access-prevention", "--soft-delete-duration=0"} <= {*bucket}
    (rule,) = named(found, "buckets", "update")
    rules = json.loads((ROOT / flag(rule, "lifecycle-file")[0]).read_text())
    assert rules == {"rule": [{"action": {"type": "Delete"}, "condition": {"age": 7}}]}

    removed = planned("--destroy", "--destroy-data")
    assert named(removed, "functions", "delete", "find-audience")
    assert named(removed, "storage", "rm", f"gs://{PROJECT}-earshot-audiences")
    kept = planned("--destroy")
    revoked = named(
        kept, "buckets", "remove-iam-policy-binding", f"--member=serviceAccount:{email('audience')}"
    )
    assert len(revoked) == 2


def test_the_schedule_calls_as_an_account_and_waits_half_an_hour() -> None:
    (job,) = named(planned(), "jobs", "create")
    address = "https://publish-catalog-PROJECT_NUMBER.REGION.run.app"
    assert flag(job, "uri") == flag(job, "oidc-token-audience") == [address]
    assert flag(job, "oidc-service-account-email") == [email("scheduler")]
    assert flag(job, "attempt-deadline") == ["1800s"]
    (publish,) = named(planned(), "functions", "deploy", "publish-catalog")
    assert flag(publish, "timeout") == ["1800s"]


def test_several_regions_share_all_but_create_session() -> None:
    found = planned(TWO)
    assert [flag(one, "region") for one in named(found, "deploy", "create-session")] == [
        ["europe-west1"],
        ["us-central1"],
    ]
    for name in ("publish-catalog", "update-summary-engagement", "update-summary-profile"):
        (one,) = named(found, "functions", "deploy", name)
        assert flag(one, "region") == ["europe-west1"]
    assert len(named(found, "buckets", "create")) == 1


def test_the_load_balancer_is_printed_for_several_regions_and_for_one_not() -> None:
    assert "Not run" in script(TWO)
    assert "outlierDetection" in script(TWO)
    assert "gcloud compute" not in script()


def test_the_table_of_roles_in_the_docs_is_what_the_script_grants() -> None:
    both = ("--retrieval=pinecone", "--vectors=pinecone", "--model=m", "--model-price=0,0")
    found = planned(*both, "--models=gemini", "--enrich=gemini")
    found += planned(
        *both, "--models=openai", "--enrich=openai", "--model-url=https://m.example/v1"
    )
    found += planned("--audience")
    granted = set()
    for one in named(found, "add-iam-policy-binding"):
        member = flag(one, "member")[0].removeprefix("serviceAccount:").partition("@")[0]
        place = one[one.index("add-iam-policy-binding") + 1]
        granted.add((member, flag(one, "role")[0], place))
    text = (ROOT / "docs" / "deploy.md").read_text()
    rows = re.findall(r"^\| `([\w-]+)` \| `(roles/[\w.]+)` \| `([^`]+)` \| \S", text, re.MULTILINE)
    documented = {(who, role, place.replace("PROJECT", PROJECT)) for who, role, place in rows}
    assert documented == granted
