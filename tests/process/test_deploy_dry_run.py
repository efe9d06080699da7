"""deploy.sh --dry-run: commands that exist, in a script that runs on any machine."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.deployment import (
    ROOT,
    Account,
    gcloud_commands,
    needs_gcloud,
    unknown_to_gcloud,
)
from tests.support.dry_runs import MATRIX, REVERSALS, planned, script


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
        words for options in (*MATRIX, *REVERSALS) for words in gcloud_commands(planned(*options))
    ]
    account = Account(tmp_path, secrets={"earshot-pinecone-api-key": ["key"]})
    first = (*MATRIX[9], *MATRIX[5])
    for options in (first, (*first, "--redeploy"), ("--rollback",), ("--destroy", "--yes")):
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
    for options in (*MATRIX, *REVERSALS):
        read = subprocess.run(["bash", "-n"], input=script(*options), text=True, check=False)
        assert read.returncode == 0, script(*options)


def test_a_dry_run_needs_no_tool_and_no_account_and_makes_no_call(tmp_path: Path) -> None:
    tools = Account(tmp_path / "all")
    assert tools.deploy("--dry-run") == []
    assert tools.calls == []
    assert not (tools.work / "firebase.deployed.json").exists()
    none = ("gcloud", "firebase", "curl", "openssl", "python3")
    bare = Account(tmp_path / "bare", without=none)
    bare.deploy("--dry-run")
    assert bare.output == tools.output


@pytest.mark.parametrize("options", MATRIX)
def test_nothing_is_destroyed(options: tuple[str, ...]) -> None:
    risky = re.compile(r" delete |remove|destroy|--force|--clear|lifecycle|set-iam-policy")
    risks = [one for one in planned(*options) if risky.search(" ".join(one))]
    # The files of audiences alone have to be forgotten.
    rule = "gcloud storage buckets update gs://my-feed-earshot-audiences --lifecycle-file="
    assert all(" ".join(one).startswith(rule) for one in risks)
