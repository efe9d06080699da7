"""A new version of create-session on a share of the traffic, and back in one command."""

from pathlib import Path

import pytest

from tests.support.deployment import Account, Deployment, functions, needs_gcloud

pytestmark = needs_gcloud
REGION = "us-central1"
OLD, NEW = "create-session-00001", "create-session-00002"


@pytest.fixture
def account(tmp_path: Path, first_deployment: Deployment) -> Account:
    """A project in which everything is deployed, with a change that is not."""
    account = first_deployment.copy(tmp_path)
    (account.work / "main.py").write_text("# changed\n")
    return account


def traffic(account: Account) -> dict[str, int]:
    found: dict[str, int] = account.state["traffic"][REGION]
    return found


def test_a_new_version_gets_a_share_more_and_all(account: Account) -> None:
    changes = account.deploy("--traffic=10", "--time-zone=Europe/Berlin")
    assert functions(changes) == ["create-session"]
    assert not any("--only=hosting" in one or " scheduler " in one for one in changes)
    held, shared = (one for one in changes if " update-traffic " in one)
    assert f"--to-revisions={OLD}=100" in held
    assert changes.index(held) < changes.index(shared) - 1  # no listener gets it before its share
    assert traffic(account) == {NEW: 10, OLD: 90}
    assert functions(account.deploy("--traffic=60", "--time-zone=Europe/Berlin")) == []
    assert traffic(account) == {NEW: 60, OLD: 40}
    assert len(functions(account.deploy())) == 3
    assert traffic(account) == {"LATEST": 100}
    assert not any(" update-traffic " in one for one in account.deploy())


@pytest.mark.parametrize("options", [(), ("--traffic=10",)])
def test_a_rollback_gives_all_traffic_to_the_version_before(
    account: Account, options: tuple[str, ...]
) -> None:
    account.deploy(*options)
    (change,) = account.deploy("--rollback")
    assert f"--to-revisions={OLD}=100" in change
    (account.work / "main.py").write_text("# mended\n")
    account.deploy()
    assert traffic(account) == {"LATEST": 100}
    account.change(revisions={REGION: [OLD]})
    done = account.run("--rollback")
    assert done.returncode == 1
    assert "no earlier version to go back to" in done.stderr
    assert f"create-session stays as it is in: {REGION}" in done.stderr
    assert account.state["changes"] == []


def test_a_share_needs_a_version_to_share_with(tmp_path: Path) -> None:
    assert f"a version of create-session in {REGION}" in Account(tmp_path).refusal("--traffic=10")
