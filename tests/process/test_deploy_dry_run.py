"""deploy.sh --dry-run: what would be done, command by command, on any machine."""

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from functions.settings import Settings
from tests.support.deployment import (
    PROJECT,
    ROOT,
    Account,
    commands,
    dry_run,
    flag,
    gcloud_commands,
    needs_gcloud,
    unknown_to_gcloud,
    variables,
)

TWO = "--regions=europe-west1,us-central1"
MATRIX = (
    (),
    ("--region=europe-west1", "--min-instances=2", "--memory=512Mi", "--redeploy"),
    ("--access=unchecked", "--feeds=https://a.example/feed.xml https://b.example/feed?x=1&y=2"),
    ("--access=private", "--skip-rules", "--skip-hosting", "--app-check=123456789"),
    ("--app-check=123456789", "--app-check-site-key=6Lc", "--site=my-page"),
    ("--retrieval=pinecone", "--vectors=pinecone", "--pinecone-host=https://x.pinecone.example"),
    ("--bucket=other", "--schedule=*/30 * * * *", "--time-zone=Europe/Berlin", "--keep=3"),
    ("--cors-origins=https://a.example,https://b.example", "--episodes=firestore:shows"),
    (TWO,),
    (TWO, "--load-balancer", "--domain=feed.example.com"),
)
REMOVALS = (
    ("--destroy",),
    ("--destroy", "--destroy-data", TWO),
    ("--destroy", "--destroy-data", "--episodes=firestore:shows", "--bucket=other"),
)


@cache
def script(*options: str) -> str:
    """Returns what a dry run prints."""
    done = dry_run(f"--project={PROJECT}", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def planned(*options: str) -> list[list[str]]:
    """Returns the commands of a dry run."""
    return commands(script(*options))


def named(found: list[list[str]], *words: str) -> list[list[str]]:
    return [one for one in found if all(word in one for word in words)]


def email(name: str) -> str:
    return f"earshot-{name}@{PROJECT}.iam.gserviceaccount.com"


def test_shellcheck_finds_nothing() -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run(
        [shellcheck, "deploy.sh"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
    assert done.returncode == 0


@needs_gcloud
def test_every_command_and_every_flag_of_gcloud_exists(tmp_path: Path) -> None:
    """Those of the dry runs, and the lookups, which only a run shows."""
    found = [
        words for options in (*MATRIX, *REMOVALS) for words in gcloud_commands(planned(*options))
    ]
    account = Account(tmp_path, secrets={"earshot-pinecone-api-key": ["key"]})
    for options in ((*MATRIX[9], *MATRIX[5]), ("--destroy", "--yes")):
        account.deploy(*options)
        found += [words for words in account.state["calls"] if words[0] == "gcloud"]
    kinds = {
        (
            *[word for word in words if not word.startswith("--")][:4],
            *(word.partition("=")[0] for word in words if word.startswith("--")),
        ): words
        for words in found
    }
    lines = [" ".join(map(quoted, words)) for words in kinds.values()]
    assert len(lines) > 40
    assert unknown_to_gcloud(lines, tmp_path / "commands.json") == []


def quoted(word: str) -> str:
    """As a linter needs it that puts a = between a flag and what does not begin with a dash."""
    if not word.startswith("--") or "=" not in word:
        return shlex.quote(word)
    name, _, value = word.partition("=")
    return f"{name}={shlex.quote(value)}"


def test_a_dry_run_is_a_script_that_bash_can_read() -> None:
    for options in (*MATRIX, *REMOVALS):
        read = subprocess.run(["bash", "-n"], input=script(*options), text=True, check=False)
        assert read.returncode == 0, script(*options)


def test_make_deploy_is_the_script_with_its_options() -> None:
    options = "--project=my-feed --schedule='0 * * * *' --dry-run"
    made = ["make", "--silent", "deploy", f"OPTIONS={options}"]
    shown = subprocess.run(made, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert shown == script("--schedule=0 * * * *")


def test_a_dry_run_needs_no_tool_and_no_account_and_makes_no_call(tmp_path: Path) -> None:
    tools = Account(tmp_path / "all")
    assert tools.deploy("--dry-run") == []
    assert tools.calls == []
    assert not (tools.work / "firebase.deployed.json").exists()
    none = ("gcloud", "firebase", "curl", "openssl", "python3")
    bare = Account(tmp_path / "bare", without=none)
    bare.deploy("--dry-run")
    assert bare.output == tools.output


def test_the_paths_of_the_triggers_are_exact() -> None:
    paths = [flag(one, "trigger-event-filters-path-pattern") for one in planned()]
    assert [path for path in paths if path] == [
        ["document=users/{uid}/engagements/{eid}"],
        ["document=users/{uid}"],
    ]
    assert not [word for words in planned() for word in words if "**" in word]


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


@pytest.mark.parametrize("options", MATRIX)
def test_nothing_is_destroyed(options: tuple[str, ...]) -> None:
    risky = re.compile(r" delete |remove|destroy|--force|--clear|lifecycle|set-iam-policy")
    assert not [one for one in planned(*options) if risky.search(" ".join(one))]


def test_the_bucket_is_closed_and_nothing_in_it_grows_too_old() -> None:
    (bucket,) = named(planned(), "buckets", "create")
    assert {"--uniform-bucket-level-access", "--public-access-prevention"} <= {*bucket}
    assert "--soft-delete-duration=7d" in bucket


def test_the_schedule_calls_as_an_account_and_waits_half_an_hour() -> None:
    (job,) = named(planned(), "jobs", "create")
    address = "https://publish-catalog-PROJECT_NUMBER.REGION.run.app"
    assert flag(job, "uri") == flag(job, "oidc-token-audience") == [address]
    assert flag(job, "oidc-service-account-email") == [email("scheduler")]
    assert flag(job, "attempt-deadline") == ["1800s"]
    (publish,) = named(planned(), "functions", "deploy", "publish-catalog")
    assert flag(publish, "timeout") == ["1800s"]


def test_options_reach_the_functions_that_they_are_about() -> None:
    options = ("--min-instances=2", "--memory=2Gi", "--scenario=baseline", "--keep=3")
    found = planned(*options)
    (session,) = named(found, "deploy", "create-session")
    (publish,) = named(found, "deploy", "publish-catalog")
    assert flag(session, "min-instances") == ["2"]
    assert flag(session, "memory") == ["2Gi"]
    assert variables(session) == {
        "SHELF": f"gs://{PROJECT}-earshot",
        "STORE": "firestore",
        "AUTH": "firebase",
        "FIREBASE_PROJECT": PROJECT,
        "MEMORY_LIMIT_MB": "2048",
        "CONCURRENCY": "16",
        "CATALOG_MAX_AGE_S": "7200",
        "SCENARIO": "baseline",
    }
    assert variables(publish) == {
        "SHELF": f"gs://{PROJECT}-earshot",
        "STORE": "firestore",
        "FIREBASE_PROJECT": PROJECT,
        "EPISODES": "firestore",
        "KEEP": "3",
    }


def test_a_catalog_is_stale_after_twice_the_longest_time_between_builds() -> None:
    expected = {
        "*/5 * * * *": "3600",
        "30 * * * *": f"{2 * 3600}",
        "0 */6 * * *": f"{12 * 3600}",
        "0 00,08,20 * * *": f"{24 * 3600}",
        "0 3 * * *": f"{48 * 3600}",
        "0 3 * * 1": f"{14 * 86400}",
        "0 3 1 * *": f"{62 * 86400}",
        "every 24 hours": "",
    }
    lines = f'. {ROOT}/deploy/schedule.sh; for one; do echo "$one=$(max_age_s "$one")"; done'
    done = subprocess.run(
        ["bash", "-c", lines, "-", *expected], capture_output=True, text=True, check=True
    )
    assert dict(line.rsplit("=", 1) for line in done.stdout.splitlines()) == expected
    for options, age_s in (("--schedule=every 24 hours",), None), (("--catalog-max-age-s=9",), "9"):
        (session,) = named(planned(*options), "deploy", "create-session")
        assert variables(session).get("CATALOG_MAX_AGE_S") == age_s


def test_an_option_by_environment_is_the_same_option() -> None:
    by_flag = script(TWO, "--min-instances=1", "--episodes=firestore:shows")
    environment = {"PROJECT": PROJECT, "MIN_INSTANCES": "1", "EPISODES": "firestore:shows"}
    assert dry_run(REGIONS="europe-west1,us-central1", **environment).stdout == by_flag


def test_every_setting_is_set_passed_on_or_only_local() -> None:
    script = (ROOT / "deploy" / "functions.sh").read_text()
    options = (ROOT / "deploy" / "options.sh").read_text()
    local = {"K_SERVICE", "NOW", "WEB"}
    for name in {*Settings.__struct_fields__} - local:
        assert re.search(rf"\b{name}\b", script + options), name


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


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--projct=x"], "--projct"),
        (["--project"], "--project=VALUE"),
        (["deploy"], "got deploy"),
        (["--dry-run=no"], "--dry-run takes no value"),
        (["--min-instances=many"], "MIN_INSTANCES: expected a number"),
        (["--memory=1GB"], "MEMORY: expected a size like 512Mi"),
        (["--project=My Feed"], "PROJECT: expected the id"),
        (["--regions=a b"], "REGIONS: expected regions"),
        (["--region=us-east1", "--regions=us-east1,us-west1"], "not both"),
        (["--feeds=https://a.example", "--episodes=firestore"], "not both"),
        (["--access=everybody"], "expected public, unchecked or private"),
        (["--load-balancer"], "--regions=A,B"),
        (["--memory=8Gi", "--cpu=1"], "MEMORY: with CPU=1 expected 512Mi to 4096Mi, got 8Gi"),
        (["--memory=1Gi", "--cpu=4"], "MEMORY: with CPU=4 expected 2048Mi to 16384Mi, got 1Gi"),
        (["--memory=256Mi"], "MEMORY: with CPU=1 expected 512Mi"),
        (["--cpu=3"], "CPU: expected 1, 2, 4, 6 or 8"),
        (["--publish-memory=16Gi"], "PUBLISH_MEMORY: with PUBLISH_CPU=2 expected"),
        (["--publish-memory=32Gi", "--publish-cpu=6"], "PUBLISH_MEMORY: with PUBLISH_CPU=6"),
        (["--concurrency=0"], "CONCURRENCY: expected 1 to 1000"),
        (["--concurrency=1001"], "CONCURRENCY: expected 1 to 1000"),
        (["--max-instances=0"], "MAX_INSTANCES: expected at least 1"),
        (["--min-instances=11"], "MIN_INSTANCES: expected at most MAX_INSTANCES, 10"),
        (["--app-check=123"], "--app-check-site-key=KEY"),
        (["--app-check-site-key=6Lc"], "needs --app-check=NUMBER"),
        (["--app-check=1", "--app-check-site-key=a b"], "APP_CHECK_SITE_KEY: expected"),
        (["--site=My.Site"], "SITE: expected the name of a Hosting site"),
        ([TWO, "--load-balancer", f"--domain={'a' * 56}.example"], "DOMAIN: expected a shorter"),
        (["--domain=-a.example"], "DOMAIN: expected a name"),
        (["--yes"], "go with --destroy only"),
        (["--destroy-data"], "go with --destroy only"),
        (["--scenario=a|b"], "SCENARIO: expected no |"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(options: list[str], said: str) -> None:
    done = dry_run(*options)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_help_names_every_option() -> None:
    shown = subprocess.run(
        ["bash", "deploy.sh", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    options = (ROOT / "deploy" / "options.sh").read_text()
    for names in re.findall(
        r"^(?:SWITCHES|DANGEROUS|VALUES|\w+_SETTINGS)=['\"]([^'\"]*)", options, re.MULTILINE
    ):
        for name in names.replace("$", " ").split():
            if not name.endswith("_SETTINGS"):
                assert f"--{name.lower().replace('_', '-')}" in shown or name in shown, name


def test_the_table_of_roles_in_the_docs_is_what_the_script_grants() -> None:
    found = planned("--retrieval=pinecone", "--vectors=pinecone")
    granted = set()
    for one in named(found, "add-iam-policy-binding"):
        member = flag(one, "member")[0].removeprefix("serviceAccount:").partition("@")[0]
        place = one[one.index("add-iam-policy-binding") + 1]
        granted.add((member, flag(one, "role")[0], place))
    text = (ROOT / "docs" / "deploy.md").read_text()
    rows = re.findall(r"^\| `([\w-]+)` \| `(roles/[\w.]+)` \| `([^`]+)` \| \S", text, re.MULTILINE)
    documented = {(who, role, place.replace("PROJECT", PROJECT)) for who, role, place in rows}
    assert documented == granted
