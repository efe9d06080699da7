"""The real Firestore emulator, and REST to look into it past any client of ours."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from emulators.process import MissingError, free_port

START_S = 60
MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""halves the time that it takes to start and to answer its first calls"""
OWNER = {"Authorization": "Bearer owner"}
"""passes all rules"""


@cache
def emulator_jar() -> Path:
    """Where the emulator lies. Raises `MissingError`, saying what is missing."""
    if shutil.which("java") is None:
        raise MissingError("the Firestore emulator needs java on the PATH")
    if shutil.which("gcloud") is None:
        raise MissingError("the Firestore emulator is part of the Google Cloud SDK: no gcloud")
    command = ["gcloud", "info", "--format=value(installation.sdk_root)"]
    root = Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())
    folder = root / "platform" / "cloud-firestore-emulator"
    jar = next(iter(sorted(folder.glob("*.jar"))), None)
    if jar is None:
        raise MissingError(f"no emulator in {folder}: gcloud components install beta")
    return jar


def new_project() -> str:
    """A project of its own, whose data and triggers nobody else sees."""
    return f"demo-{uuid.uuid4().hex}"


class FirestoreEmulator:
    """One emulator process. Projects keep tests apart, so one serves a whole session of tests."""

    def __init__(self, *, rules: Path | None = None, functions_emulator: str | None = None) -> None:
        self._options = [
            *(["--rules", str(rules)] if rules else []),
            *(["--functions_emulator", functions_emulator] if functions_emulator else []),
        ]
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        """what FIRESTORE_EMULATOR_HOST takes"""
        self.rest = httpx.Client(base_url=f"http://{self.host}", headers=OWNER, timeout=30)
        self._log = Path(tempfile.mkstemp(prefix="earshot-firestore-")[1])
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "FirestoreEmulator":
        """Start it, and wait until its first write, which takes seconds, is done."""
        java = ["java", *QUICK, "-Duser.language=en", "-cp", str(emulator_jar()), MAIN]
        if shutil.which("setpriv"):  # so that it ends even with a killed test process
            java = ["setpriv", "--pdeathsig", "KILL", *java]
        command = [*java, "--host", "127.0.0.1", "--port", str(self.port), *self._options]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the emulator ended at once:\n{self._log.read_text()}")
            try:
                self.rest.get("/")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                self.write(new_project(), "warm/up", {})
                return self
        raise RuntimeError(f"no answer in {START_S} s:\n{self._log.read_text()}")

    def stop(self) -> None:
        """End it and all that it started."""
        if self._process is not None:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        self._process = None
        self.rest.close()
        self._log.unlink(missing_ok=True)

    def clear(self, project: str) -> None:
        """Delete every document of a project. Fires delete events."""
        address = f"/emulator/v1/projects/{project}/databases/(default)/documents"
        self.rest.delete(address).raise_for_status()

    def read(self, project: str, path: str) -> dict[str, Any] | None:
        """The fields of a document in REST's typed form, read past any client of ours."""
        response = self.rest.get(_address(project, path))
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        fields: dict[str, Any] = response.raise_for_status().json().get("fields", {})
        return fields

    def write(self, project: str, path: str, fields: dict[str, Any]) -> None:
        """Set a whole document, its fields in REST's typed form: {"a": {"stringValue": "b"}}."""
        response = self.rest.patch(_address(project, path), json={"fields": fields})
        response.raise_for_status()


def _address(project: str, path: str) -> str:
    return f"/v1/projects/{project}/databases/(default)/documents/{quote(path)}"
