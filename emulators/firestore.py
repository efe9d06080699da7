"""Runs Google's Firestore emulator, and reads and writes its documents over REST."""

import shutil
import signal
import subprocess
import uuid
from functools import cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx

from emulators.process import ChildProcess, MissingError, free_port

MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""JVM flags that halve the time to start and to answer the first calls."""
OWNER = {"Authorization": "Bearer owner"}
"""Headers that bypass all security rules."""


@cache
def emulator_jar() -> Path:
    """Returns the path of the emulator. Raises `MissingError`, which says what to install."""
    if shutil.which("java") is None:
        raise MissingError(
            "java is missing, and the Firestore emulator needs it: install a Java runtime"
            " (on Debian: apt-get install default-jre-headless)"
        )
    if shutil.which("gcloud") is None:
        raise MissingError(
            "gcloud is missing, and the Firestore emulator is part of its SDK: install it from"
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
    """Returns a new project id, whose data and triggers are separate from all others."""
    return f"demo-{uuid.uuid4().hex}"


class FirestoreEmulator(ChildProcess):
    """A process of the emulator. Its projects are independent, so that many tests can share it."""

    def __init__(
        self, *, port: int = 0, rules: Path | None = None, functions_emulator: str | None = None
    ) -> None:
        """`port` is a free one by default. Raises `MissingError`.

        `functions_emulator` is the `host:port` that receives events.
        """
        self.port = port or free_port()
        self.host = f"127.0.0.1:{self.port}"
        """value of FIRESTORE_EMULATOR_HOST"""
        self.rest = httpx.Client(base_url=f"http://{self.host}", headers=OWNER, timeout=30)
        java = ["java", *QUICK, "-Duser.language=en", "-cp", str(emulator_jar()), MAIN]
        options = ["--host", "127.0.0.1", "--port", str(self.port)]
        options += ["--rules", str(rules)] if rules else []
        options += ["--functions_emulator", functions_emulator] if functions_emulator else []
        super().__init__("the Firestore emulator", [*java, *options], end_with=signal.SIGKILL)

    def start(self) -> Self:
        """Starts the emulator and waits until its first write, which takes seconds, succeeds."""
        super().start()
        self.wait_for(f"http://{self.host}/")
        self.write(new_project(), "warm/up", {})
        return self

    def stop(self) -> None:
        """Ends the emulator; nothing is saved."""
        super().stop()
        self.rest.close()

    def clear(self, project: str) -> None:
        """Deletes every document of a project, which sends an event for each."""
        address = f"/emulator/v1/projects/{project}/databases/(default)/documents"
        self.rest.delete(address).raise_for_status()

    def read(self, project: str, path: str) -> dict[str, Any] | None:
        """Returns the fields of a document in REST's typed form; None without a document."""
        response = self.rest.get(_address(project, path))
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        fields: dict[str, Any] = response.raise_for_status().json().get("fields", {})
        return fields

    def write(self, project: str, path: str, fields: dict[str, Any]) -> None:
        """Sets a document; its fields are in REST's typed form: {"a": {"stringValue": "b"}}."""
        response = self.rest.patch(_address(project, path), json={"fields": fields})
        response.raise_for_status()


def _address(project: str, path: str) -> str:
    return f"/v1/projects/{project}/databases/(default)/documents/{quote(path)}"
