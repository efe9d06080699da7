"""Options of deploy.sh: which there are, which are refused, and what they change."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from functions.settings import Settings
from tests.support.deployment import (
    PROJECT,
    ROOT,
    Account,
    commands,
    dry_run,
    flag,
    variables,
)
from tests.support.dry_runs import TWO, named, planned, script


def test_make_deploy_is_the_script_with_its_options() -> None:
    options = "--project=my-feed --schedule='0 * * * *' --dry-run"
    made = ["make", "--silent", "deploy", f"OPTIONS={options}"]
    shown = subprocess.run(made, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert shown == script("--schedule=0 * * * *")


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
        "CATALOG_MAX_AGE_S": "3600",
        "SCENARIO": "baseline",
        "CORS_ORIGINS": "https://SITE.web.app,https://SITE.firebaseapp.com",
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
    for options, age_s in (
        (("--schedule=every 24 hours",), None),
        (("--catalog-max-age-s=9",), "9"),
        (("--feeds=https://a.example",), "7200"),
    ):
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
        (["--audience", "--retrieval=pinecone"], "--audience needs vectors in the snapshots"),
        (["--audience-memory=8Gi"], "AUDIENCE_MEMORY: with AUDIENCE_CPU=1 expected"),
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


def test_rules_and_indexes_are_those_of_the_database_that_a_schema_names(tmp_path: Path) -> None:
    schema = tmp_path / "schema.toml"
    schema.write_text('database = "app"\n')
    found = commands(dry_run(f"--schema={schema}", PYTHON=sys.executable).stdout)
    for words in (*named(found, "firestore:indexes"), *named(found, "deploy.hosting")):
        assert flag(words, "database") == ["app"]
    (merge,) = named(found, "deploy.rules")
    assert flag(merge, "schema") == [str(schema)]


def test_environments_are_deployed_from_one_checkout(tmp_path: Path) -> None:
    account = Account(tmp_path)
    folder = account.work / "deploy" / "env"
    (folder / "staging.toml").write_text(f'project = "{PROJECT}"\nmin-instances = 1\ncpu = 2\n')
    example = (folder / "example.toml").read_text()
    (folder / "production.toml").write_text(re.sub("(?m)^# (?=[a-z-]+ = )", "", example))
    (folder / "odd.toml").write_text('project = "p"\nmin_instances = 1\nyes = true\n')
    done = account.run("--env=staging", "--dry-run", "--cpu=4", MIN_INSTANCES="3", MEMORY="2Gi")
    (session,) = named(commands(done.stdout), "deploy", "create-session")
    found = [flag(session, name) for name in ("min-instances", "cpu", "memory")]
    assert found == [["1"], ["4"], ["2Gi"]]
    assert "no option min_instances, yes;" in account.refusal("--env=odd")
    assert "is for my-podcasts-staging" in account.refusal("--env=production", "--dry-run")
    assert "there is no deploy/env/stagin.toml" in account.refusal("--env=stagin")


def test_the_example_workflow_deploys_each_environment_with_options_that_exist() -> None:
    workflow = yaml.safe_load((ROOT / "examples/github/deploy.yml").read_text())
    assert workflow["permissions"] == {"contents": "read"}
    deployed = []
    for name, job in workflow["jobs"].items():
        for step in job["steps"]:
            if (command := step.get("run", "")).startswith("./deploy.sh"):
                assert job["environment"] == name
                assert job["permissions"]["id-token"] == "write"
                options = shlex.split(command)[1:]
                assert options[0] == "--env=$GITHUB_JOB"
                assert dry_run(*options[1:]).returncode == 0
                deployed.append(name)
    assert deployed == ["staging", "production"]
