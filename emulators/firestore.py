"""The real Firestore emulator, and REST to look into it past any client of ours."""

import shutil
import signal
import subprocess
import uuid
from functools import cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx

from emulators.process import Child, MissingError, free_port

MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""halves the time that it takes to start and to answer its first calls"""
OWNER = {"Authorization": "Bearer owner"}
"""passes all rules"""


@cache
def emulator_jar() -> Path:
    """Where the emulator lies. Raises `MissingError`, saying what is missing."""
    if shutil.which("java") is None:
        raise MissingError(
            "java is missing, which the Firestore emulator needs: install a Java runtime"
            " (on Debian: apt-get install default-jre-headless)"
        )
    if shutil.which("gcloud") is None:
        raise MissingError(
            "gcloud is missing, whose SDK has the Firestore emulator:"
            " https://cloud.google.com/sdk/docs/install"
        )
    command = ["gcloud", "info", "--format=value(installation.sdk_root)"]
    root = Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())
    folder = root / "platform" / "cloud-firestore-emulator"
    jar = next(iter(sorted(folder.glob("*.jar"))), None)
    if jar is None:
        raise MissingError(
            f"the Firestore emulator is not in {folder}:"
            " gcloud components install cloud-firestore-emulator"
        )
    return jar


def new_project() -> str:
    """A project of its own, whose data and triggers nobody else sees."""
    return f"demo-{uuid.uuid4().hex}"


class FirestoreEmulator(Child):
    """One emulator process. Projects keep tests apart, so one serves a whole session of tests."""

    def __init__(
        self, *, port: int = 0, rules: Path | None = None, functions_emulator: str | None = None
    ) -> None:
        """At a free port unless told which. Raises `MissingError`."""
        self.port = port or free_port()
        self.host = f"127.0.0.1:{self.port}"
        """what FIRESTORE_EMULATOR_HOST takes"""
        self.rest = httpx.Client(base_url=f"http://{self.host}", headers=OWNER, timeout=30)
        java = ["java", *QUICK, "-Duser.language=en", "-cp", str(emulator_jar()), MAIN]
        options = ["--host", "127.0.0.1", "--port", str(self.port)]
        options += ["--rules", str(rules)] if rules else []
        options += ["--functions_emulator", functions_emulator] if functions_emulator else []
        super().__init__("the Firestore emulator", [*java, *options], end_with=signal.SIGKILL)

    def start(self) -> Self:
        """Start it, and wait until its first write, which takes seconds, is done."""
        super().start()
        self.wait_for(f"http://{self.host}/")
        self.write(new_project(), "warm/up", {})
        return self

    def stop(self) -> None:
        """End it. There is nothing to be saved."""
        super().stop()
        self.rest.close()

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
