"""deploy.sh --load-balancer: from Hosting's rewrite to the balancer's domain, and to another."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.deployment import (
    PROJECT,
    ROOT,
    Account,
    Deployment,
    commands,
    dry_run,
    gcloud_commands,
    needs_gcloud,
)

pytestmark = needs_gcloud
REGIONS = "--regions=europe-west1,us-central1"
BALANCER = (REGIONS, "--load-balancer", "--access=unchecked", "--cors-origins=https://a.example")
OLD, NEW = "--domain=feed.example.com", "--domain=hear.example.com"
OLD_CERTIFICATE, NEW_CERTIFICATE = "earshot-feed-example-com", "earshot-hear-example-com"


@pytest.fixture(scope="module")
def first_balancer(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return Deployment(Account(tmp_path_factory.mktemp("first")), *BALANCER, OLD)


@pytest.fixture
def account(tmp_path: Path, first_balancer: Deployment) -> Account:
    """A project with a balancer whose certificate is not active yet."""
    return first_balancer.copy(tmp_path)


@pytest.fixture
def active(account: Account) -> Account:
    """A project with a balancer whose certificate is active."""
    activate(account, OLD_CERTIFICATE)
    return account


def activate(account: Account, name: str) -> None:
    compute = account.state["compute"]
    compute["ssl-certificates"][name]["status"] = "ACTIVE"
    account.change(compute=compute)


def certificates(account: Account) -> str:
    proxy = account.state["compute"]["target-https-proxies"]["earshot"]
    return str(proxy["ssl-certificates"])


def sessions(changes: list[str]) -> list[str]:
    return [one for one in changes if "functions deploy create-session" in one]


def page_before(changes: list[str], other: str) -> bool:
    """Whether the page is deployed before another change."""
    moved = next(i for i, one in enumerate(changes) if "--only=hosting" in one)
    return moved < changes.index(other)


def test_before_the_certificate_is_active_a_second_run_changes_nothing(account: Account) -> None:
    assert [one.split()[0] for one in account.deploy(*BALANCER, OLD)] == ["firebase"]
    assert "Point feed.example.com at 203.0.113.7" in account.output
    assert "run the same command again" in account.output
    settings, config = account.page()
    assert settings == {}
    assert config["hosting"]["rewrites"][0]["run"]["serviceId"] == "create-session"
    (first, second) = [v for k, v in account.state["functions"].items() if "create-session" in k]
    assert first == second


def test_the_site_may_call_the_api_before_the_page_moves(first_balancer: Deployment) -> None:
    origins = "https://a.example,https://my-feed.web.app,https://my-feed.firebaseapp.com"
    first, second = sessions(first_balancer.changes)
    for one in (first, second):
        assert f"CORS_ORIGINS={origins}" in one
        assert "--ingress-settings=all " in one
        # A caller of the function's own address could choose the hops.
        assert "TRUSTED_HOPS" not in one


def test_with_the_certificate_the_page_moves_and_then_the_functions_close(active: Account) -> None:
    changes = active.deploy(*BALANCER, OLD)
    settings, config = active.page()
    assert settings == {"api": "https://feed.example.com/api"}
    assert config["hosting"]["rewrites"] == []
    assert "https://feed.example.com" in json.dumps(config["hosting"]["headers"])
    closed = sessions(changes)
    assert len(closed) == 2
    assert all("--ingress-settings=internal-and-gclb " in one for one in closed)
    assert all("|TRUSTED_HOPS=2" in one for one in closed)
    assert all("|SITE_ORIGIN=https://my-feed.web.app" in one for one in closed)
    assert page_before(changes, closed[0])
    assert not [one for one in changes if "functions deploy" in one and one not in closed]
    assert [one.split()[0] for one in active.deploy(*BALANCER, OLD)] == ["firebase"]
    assert "--url https://feed.example.com\n" in active.output

    opened = active.deploy(REGIONS)
    assert all("--ingress-settings=all " in one for one in sessions(opened))
    assert active.page()[0].keys() == {"stream"}
    assert not page_before(opened, sessions(opened)[-1])


def test_only_the_session_is_behind_the_balancer(first_balancer: Deployment) -> None:
    others = [one for one in first_balancer.changes if "functions deploy" in one]
    others = [one for one in others if "create-session" not in one]
    assert len(others) == 3
    assert not any("ingress" in one for one in others)


def test_another_domain_gets_a_certificate_and_the_old_one_serves_until_it_is_active(
    active: Account,
) -> None:
    active.deploy(*BALANCER, NEW)
    assert certificates(active) == f"{NEW_CERTIFICATE},{OLD_CERTIFICATE}"
    assert active.page()[0] == {"api": "https://feed.example.com/api"}
    assert [one.split()[0] for one in active.deploy(*BALANCER, NEW)] == ["firebase"]
    activate(active, NEW_CERTIFICATE)
    active.deploy(*BALANCER, NEW)
    assert certificates(active) == NEW_CERTIFICATE
    assert active.page()[0] == {"api": "https://hear.example.com/api"}
    assert f"gcloud compute ssl-certificates delete {OLD_CERTIFICATE} --global" in active.output
    assert OLD_CERTIFICATE in active.state["compute"]["ssl-certificates"]


def test_a_balancer_of_an_earlier_version_keeps_its_certificate_until_there_is_another(
    active: Account,
) -> None:
    compute = active.state["compute"]
    found = compute["ssl-certificates"].pop(OLD_CERTIFICATE)
    compute["ssl-certificates"]["earshot"] = {**found, "name": "earshot"}
    compute["target-https-proxies"]["earshot"]["ssl-certificates"] = "earshot"
    active.change(compute=compute)
    active.deploy(*BALANCER, OLD)
    assert certificates(active) == f"{OLD_CERTIFICATE},earshot"


def test_the_balancer_that_is_printed_for_several_regions_is_the_one_that_a_run_makes(
    first_balancer: Deployment,
) -> None:
    printed = gcloud_commands(commands(dry_run(f"--project={PROJECT}", REGIONS).stdout))
    made = [one.split() for one in first_balancer.changes]
    kinds = [[one[2:4] for one in some if "compute" in one] for some in (printed, made)]
    assert kinds[0] == kinds[1]
    assert len(kinds[0]) == 11


def test_port_80_redirects_to_443(first_balancer: Deployment) -> None:
    compute = first_balancer.state["compute"]
    rules = compute["forwarding-rules"].values()
    assert {rule["ports"]: rule["address"] for rule in rules} == {"443": "earshot", "80": "earshot"}
    (redirect,) = [rule for rule in rules if rule["ports"] == "80"]
    proxy = compute["target-http-proxies"][redirect["target-http-proxy"]]
    shown = dry_run(*BALANCER, OLD).stdout
    assert f"name: {proxy['url-map']}\ndefaultUrlRedirect:\n  httpsRedirect: true\n" in shown


def test_no_two_domains_share_a_certificate() -> None:
    domains = ["a.b.example", "a-b.example", "a--b.example", "a.b-example.com", "a.b.example.com"]
    script = f". {ROOT}/deploy/certificate.sh; for one; do certificate_name $one; done"
    names = subprocess.run(
        ["bash", "-c", script, "-", *domains], capture_output=True, text=True, check=True
    ).stdout.split()
    assert len({*names}) == len(domains)
