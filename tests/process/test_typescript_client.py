"""The TypeScript client in examples/ does what it says, with types made of the API's document."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.server import ROOT, Server
from tests.support.tokens import unsigned

UID = "a listener"


def test_the_typescript_client_sends_once_what_was_recorded_offline(
    start_server: Callable[..., Server], small_shelf: str, tmp_path: Path
) -> None:
    if shutil.which("npx") is None:
        pytest.skip("no npx")
    for name in ("examples/typescript", "web/js"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=lambda *_: {"node_modules"})
    example = tmp_path / "examples/typescript"
    tools = json.loads((example / "package.json").read_text())["devDependencies"]
    server = start_server(AUTH="emulator", FIREBASE_PROJECT="demo-x", NOW="", SHELF=small_shelf)
    token = unsigned(sub=UID)
    user = {"EARSHOT": f"{server.url}/api", "EARSHOT_UID": UID, "EARSHOT_ID_TOKEN": token}
    done = subprocess.run(
        ["npx", "-y", *(f"-p={name}@{version}" for name, version in tools.items()), "npm", "start"],
        cwd=example,
        env={**os.environ, **user},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-4] == f"looked up: {lines[-9].partition(' (')[0]}"
    assert lines[-3:-1] == ["offline: 3 writes wait", "online: 0 writes wait"]
    assert lines[-1].endswith("with the liked one: false")
    headers = {"Authorization": f"Bearer {token}"}
    stored = server.client.get("/api/me/engagements", headers=headers).json()["engagements"]
    assert sorted(one["type"] for one in stored) == ["like", "listen"]
