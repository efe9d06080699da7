"""deploy.sh and a project's Hosting sites: to which the page goes, and what it is told there."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.deploying import PROJECT, Account, needs_gcloud

pytestmark = needs_gcloud
OURS = {"type": "DEPLOY", "message": "Earshot 0123"}
THEIRS = {"type": "DEPLOY", "message": "Spring campaign"}
OFF = {"type": "SITE_DISABLE"}


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def sites(**releases: dict[str, str] | None) -> dict[str, Any]:
    """Sites by name, `_` for a hyphen; the first is the default one."""
    found: dict[str, Any] = {}
    for name, release in releases.items():
        kind = "USER_SITE" if found else "DEFAULT_SITE"
        found[name.replace("_", "-")] = {"type": kind, **({"live": release} if release else {})}
    return found


def deployed_to(account: Account) -> set[str]:
    return {
        name
        for name, site in account.state["sites"].items()
        if site.get("live", {}).get("message", "").startswith("Earshot ")
    }


def test_a_project_without_a_site_gets_one_before_anything_is_built(account: Account) -> None:
    changes = account.deployed()
    made = changes.index(
        f"firebase hosting:sites:create {PROJECT} --project={PROJECT} --non-interactive"
    )
    assert made < min(i for i, one in enumerate(changes) if "functions deploy" in one)
    assert deployed_to(account) == {PROJECT}


def test_the_default_site_is_used_whatever_it_is_called(account: Account) -> None:
    account.change(sites=sites(my_feed_a5c16=None, my_feed=THEIRS))
    done = account.deploy()
    assert done.returncode == 0, done.stderr
    assert deployed_to(account) == {"my-feed-a5c16"}
    assert account.state["sites"]["my-feed"]["live"] == THEIRS
    assert "https://my-feed-a5c16.web.app" in done.stdout
    assert "my-feed.web.app" not in done.stdout


@pytest.mark.parametrize("live", [OURS, OFF, None])
def test_a_site_on_which_nothing_else_is_live_is_replaced(
    account: Account, live: dict[str, str] | None
) -> None:
    account.change(sites=sites(my_feed=live))
    assert any("--only=hosting" in one for one in account.deployed())


def test_a_site_of_somebody_else_is_replaced_only_when_it_is_named(account: Account) -> None:
    account.change(sites=sites(my_feed=THEIRS))
    done = account.deploy()
    assert done.returncode == 1
    assert "--site=my-feed replaces it" in done.stderr
    assert account.state["changes"] == []
    assert not any("--only=hosting" in one for one in account.deployed("--skip-hosting"))
    account.deployed("--site=my-feed")
    assert deployed_to(account) == {"my-feed"}


def test_a_site_that_is_named_and_not_there_is_made_beside_the_others(account: Account) -> None:
    account.change(sites=sites(my_feed=THEIRS))
    account.deployed("--site=my-feed-listen")
    assert deployed_to(account) == {"my-feed-listen"}
    assert account.state["sites"]["my-feed"]["live"] == THEIRS


def test_a_name_that_another_project_has_is_said_before_anything_is_changed(
    account: Account,
) -> None:
    account.change(taken=[PROJECT])
    done = account.deploy()
    assert done.returncode == 1
    assert "try something like `my-feed-a5c16`" in done.stderr
    assert account.state["changes"] == []


def test_a_project_that_is_none_of_firebase_is_said(account: Account) -> None:
    account.change(sites=None)
    done = account.deploy()
    assert "firebase projects:addfirebase my-feed" in done.stderr
    assert account.state["changes"] == []


def test_without_options_the_page_is_told_nothing(account: Account) -> None:
    account.deployed()
    assert json.loads((account.work / ".earshot/hosting/config.json").read_text()) == {}
    config = json.loads((account.work / "firebase.deployed.json").read_text())
    assert (config["hosting"]["site"], config["hosting"]["public"]) == (PROJECT, ".earshot/hosting")
    assert "recaptcha" not in json.dumps(config)


def test_with_app_check_the_page_has_its_key_and_the_function_its_number(account: Account) -> None:
    changes = account.deployed("--app-check=123456789", "--app-check-site-key=6Lc")
    (session,) = [one for one in changes if "functions deploy create-session" in one]
    assert "APP_CHECK=123456789" in session
    assert any("recaptchaenterprise.googleapis.com" in one for one in changes)
    settings = json.loads((account.work / ".earshot/hosting/config.json").read_text())
    assert settings == {"app_check_site_key": "6Lc"}
    page = (account.work / ".earshot/hosting/index.html").read_text()
    assert "https://content-firebaseappcheck.googleapis.com" in page


def test_app_check_of_another_project_is_refused(account: Account) -> None:
    done = account.deploy("--app-check=1", "--app-check-site-key=6Lc")
    assert done.returncode == 1
    assert "--app-check=123456789" in done.stderr
    assert account.state["changes"] == []
