"""What deploy.sh and the docs have of firebase, held against firebase-tools itself."""

import os
import shlex
from pathlib import Path

from tests.process.test_docs_commands import commands
from tests.support.deployment import Account, Deployment, needs_gcloud
from tests.support.dry_runs import MATRIX, REVERSALS, planned
from tests.support.firebase_tools import firebase_tools, unknown_to_firebase

pytestmark = needs_gcloud


def test_every_command_and_every_option_of_firebase_exists(first_deployment: Deployment) -> None:
    shown = [words for options in (*MATRIX, *REVERSALS) for words in planned(*options)]
    found = [
        words[1:] for words in shown + first_deployment.state["calls"] if words[0] == "firebase"
    ]
    found += [shlex.split(one)[1:] for one in commands("firebase ")]
    assert {"deploy", "hosting:disable", "login"} <= {words[0] for words in found}
    assert unknown_to_firebase(found) == []


def test_an_account_that_firebase_does_not_have_is_said(tmp_path: Path) -> None:
    account = Account(tmp_path, without=("firebase",))
    firebase = tmp_path / "bin" / "firebase"
    script = firebase_tools() / "lib" / "bin" / "firebase.js"
    firebase.write_text(f'#!/bin/bash\nPATH={os.environ["PATH"]} exec node {script} "$@"\n')
    firebase.chmod(0o755)
    assert "an account for firebase\n      firebase login" in account.refusal()
