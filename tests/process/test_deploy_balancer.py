"""deploy.sh --load-balancer: from Hosting's rewrite to the balancer's domain, and to another."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.deploying import ROOT, Account, dry_run, needs_gcloud

pytestmark = needs_gcloud
TWO = ("--regions=europe-west1,us-central1", "--load-balancer")
OLD, NEW = "--domain=feed.example.com", "--domain=hear.example.com"
OLD_CERTIFICATE, NEW_CERTIFICATE = "earshot-feed-example-com", "earshot-hear-example-com"


@pytest.fixture(scope="module")
def after_one_run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    first = Account(tmp_path_factory.mktemp("first"))
    first.deployed(*TWO, OLD)
    return first.state


@pytest.fixture
def account(tmp_path: Path, after_one_run: dict[str, Any]) -> Account:
    """A project with a balancer whose certificate is not there yet."""
    return Account(tmp_path, **after_one_run)


def activate(account: Account, name: str) -> None:
    compute = account.state["compute"]
    compute["ssl-certificates"][name]["status"] = "ACTIVE"
    account.change(compute=compute)


def page(account: Account) -> tuple[dict[str, str], dict[str, Any]]:
    """What the page is told, and Hosting's configuration."""
    settings = json.loads((account.work / ".earshot/hosting/config.json").read_text())
    return settings, json.loads((account.work / "firebase.deployed.json").read_text())["hosting"]


def sessions(changes: list[str]) -> list[str]:
    return [one for one in changes if "functions deploy create-session" in one]


def test_before_the_certificate_is_there_nothing_closes(account: Account) -> None:
    assert sessions(account.deployed(*TWO, OLD)) == []
    settings, hosting = page(account)
    assert settings == {}
    assert hosting["rewrites"][0]["run"]["serviceId"] == "create-session"
    shown = account.deploy(*TWO, OLD).stdout
    assert "Point feed.example.com at 203.0.113.7" in shown
    assert "run the same command again" in shown
    (first, second) = [v for k, v in account.state["functions"].items() if "create-session" in k]
    assert first == second


def test_the_site_may_call_the_api_before_the_page_moves(tmp_path: Path) -> None:
    for one in sessions(Account(tmp_path).deployed(*TWO, OLD, "--cors-origins=https://a.example")):
        assert (
            "CORS_ORIGINS=https://a.example,https://my-feed.web.app,https://my-feed.firebaseapp.com"
            in one
        )
        assert "--ingress-settings=all " in one
        # A caller of the function's own address could choose theirs.
        assert "TRUSTED_HOPS" not in one


def test_with_the_certificate_the_page_moves_and_the_functions_close_after_it(
    account: Account,
) -> None:
    activate(account, OLD_CERTIFICATE)
    changes = account.deployed(*TWO, OLD)
    settings, hosting = page(account)
    assert settings == {"api": "https://feed.example.com/api"}
    assert hosting["rewrites"] == []
    assert "https://feed.example.com" in json.dumps(hosting["headers"])
    closed = sessions(changes)
    assert len(closed) == 2
    assert all("--ingress-settings=internal-and-gclb " in one for one in closed)
    assert all("|TRUSTED_HOPS=2" in one for one in closed)
    moved = next(i for i, one in enumerate(changes) if "--only=hosting" in one)
    assert moved < changes.index(closed[0])
    assert [one.split()[0] for one in account.deployed(*TWO, OLD)] == ["firebase"]
    shown = account.deploy(*TWO, OLD).stdout
    assert "--url https://feed.example.com\n" in shown


def test_only_the_session_is_behind_the_balancer(account: Account) -> None:
    activate(account, OLD_CERTIFICATE)
    changes = account.deployed(*TWO, OLD, "--redeploy")
    others = [one for one in changes if "functions deploy" in one and one not in sessions(changes)]
    assert len(others) == 3
    assert not any("ingress" in one for one in others)


def test_another_domain_gets_a_certificate_and_the_old_one_serves_until_it_is_active(
    account: Account,
) -> None:
    activate(account, OLD_CERTIFICATE)
    account.deployed(*TWO, OLD)
    account.deployed(*TWO, NEW)
    proxy = account.state["compute"]["target-https-proxies"]["earshot"]
    assert proxy["ssl-certificates"] == f"{NEW_CERTIFICATE},{OLD_CERTIFICATE}"
    assert page(account)[0] == {"api": "https://feed.example.com/api"}
    assert [one.split()[0] for one in account.deployed(*TWO, NEW)] == ["firebase"]
    activate(account, NEW_CERTIFICATE)
    done = account.deploy(*TWO, NEW)
    assert done.returncode == 0, done.stderr
    proxy = account.state["compute"]["target-https-proxies"]["earshot"]
    assert proxy["ssl-certificates"] == NEW_CERTIFICATE
    assert page(account)[0] == {"api": "https://hear.example.com/api"}
    assert f"gcloud compute ssl-certificates delete {OLD_CERTIFICATE} --global" in done.stdout
    assert OLD_CERTIFICATE in account.state["compute"]["ssl-certificates"]


def test_a_balancer_of_an_earlier_version_keeps_its_certificate_until_there_is_another(
    account: Account,
) -> None:
    compute = account.state["compute"]
    certificates = compute["ssl-certificates"]
    certificates["earshot"] = {
        **certificates.pop(OLD_CERTIFICATE),
        "name": "earshot",
        "status": "ACTIVE",
    }
    compute["target-https-proxies"]["earshot"]["ssl-certificates"] = "earshot"
    account.change(compute=compute)
    account.deployed(*TWO, OLD)
    proxy = account.state["compute"]["target-https-proxies"]["earshot"]
    assert proxy["ssl-certificates"] == f"{OLD_CERTIFICATE},earshot"


def test_without_the_balancer_the_functions_open_again(account: Account) -> None:
    activate(account, OLD_CERTIFICATE)
    account.deployed(*TWO, OLD)
    opened = account.deployed(TWO[0])
    assert all("--ingress-settings=all " in one for one in sessions(opened))
    assert page(account)[0] == {}
    moved = next(i for i, one in enumerate(opened) if "--only=hosting" in one)
    assert moved > opened.index(sessions(opened)[-1])


def test_port_80_redirects_to_443(account: Account) -> None:
    rules = account.state["compute"]["forwarding-rules"]
    assert {rule["ports"]: rule["address"] for rule in rules.values()} == {
        "443": "earshot",
        "80": "earshot",
    }
    (redirect,) = [rule for rule in rules.values() if rule["ports"] == "80"]
    proxy = account.state["compute"]["target-http-proxies"][redirect["target-http-proxy"]]
    shown = dry_run(*TWO, OLD).stdout
    assert f"name: {proxy['url-map']}\ndefaultUrlRedirect:\n  httpsRedirect: true\n" in shown


def test_no_two_domains_share_a_certificate() -> None:
    domains = ["a.b.example", "a-b.example", "a--b.example", "a.b-example.com", "a.b.example.com"]
    script = f". {ROOT}/deploy/certificate.sh; for one; do certificate_name $one; done"
    named = subprocess.run(
        ["bash", "-c", script, "-", *domains], capture_output=True, text=True, check=True
    ).stdout.split()
    assert len({*named}) == len(domains)
