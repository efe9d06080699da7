"""The whole feed on emulated Firebase: what is started, in which order, with which settings."""

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from emulators.event_bridge import EventBridge, register
from emulators.firestore import FirestoreEmulator
from emulators.pinecone.server import PineconeStandIn
from emulators.process import Child, Function, MissingError, StartError, free_port
from emulators.storage.server import StrictStorage

ROOT = Path(__file__).parents[1]
BUCKET = "catalogs"
TRIGGERS = {"engagements": "users/{uid}/engagements/{id}", "profiles": "users/{uid}"}
"""what `update_summary` is told of"""

Part = Child | EventBridge | PineconeStandIn | StrictStorage


@dataclass(frozen=True)
class Ports:
    """What listens where, on this machine alone."""

    page: int
    firestore: int
    storage: int

    def check(self) -> None:
        """Raises `MissingError` where one is taken."""
        for name, port in asdict(self).items():
            option = "--port" if name == "page" else f"--{name}-port"
            with socket.socket() as free:
                free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    free.bind(("127.0.0.1", port))
                except OSError as error:
                    reason = f"port {port} cannot be used: {os.strerror(error.errno or 0).lower()}"
                    raise MissingError(f"{reason}; choose another with {option}") from error


class Stack:
    """Everything there is. `start` starts it in order, `stop` ends it in the opposite one."""

    def __init__(
        self,
        ports: Ports,
        project: str,
        show: Callable[[str], None],
        build: Sequence[str] = (),
    ) -> None:
        """`show` is called, in threads, with each line that a function logs.

        `build` are options of `catalog_builder publish`; without any there is a demo catalog.
        """
        self.environment = {
            "FIRESTORE_EMULATOR_HOST": f"127.0.0.1:{ports.firestore}",
            "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{ports.storage}",
            "GOOGLE_CLOUD_PROJECT": project,
            "FIREBASE_PROJECT": project,
            "SHELF": f"gs://{BUCKET}",
            "STORE": "firestore",
        }
        """what a process needs to find them"""
        self._ports, self._project, self._show, self._build = ports, project, show, build
        self._parts: list[Part] = []

    def start(self) -> None:
        """Start everything. Raises `MissingError` or `StartError`; `stop` is due then, too."""
        self._ports.check()
        bridge = EventBridge()
        self._begin(bridge)
        storage = StrictStorage(self._ports.storage)
        self._begin(storage)
        storage.make_bucket(BUCKET)
        pinecone = PineconeStandIn()
        self._begin(pinecone)
        self.environment |= {"PINECONE_HOST": pinecone.url, "PINECONE_API_KEY": pinecone.api_key}
        firestore = FirestoreEmulator(
            port=self._ports.firestore,
            rules=ROOT / "firestore.rules",
            functions_emulator=f"127.0.0.1:{bridge.port}",
        )
        self._begin(firestore)
        self._publish()
        trigger = self._function("update_summary", free_port())
        self._begin(trigger)
        for name, pattern in TRIGGERS.items():
            bridge.targets[self._project, name] = trigger.url
            register(firestore.host, self._project, name, pattern)
        self._begin(
            self._function(
                "create_session",
                self._ports.page,
                AUTH="demo",
                WEB=str(ROOT / "web"),
                CURSOR_KEYS=secrets.token_hex(32),
            )
        )

    def ended(self) -> str | None:
        """What has ended though nobody asked it to, and its last words."""
        for part in self._parts:
            if not part.alive:
                return part.obituary() if isinstance(part, Child) else f"{part.name} has ended"
        return None

    def stop(self) -> None:
        """End everything that was started."""
        while self._parts:
            self._parts.pop().stop()

    def _begin(self, part: Part) -> None:
        self._parts.append(part)
        part.start()

    def _function(self, target: str, port: int, **settings: str) -> Function:
        environment = {**os.environ, **self.environment, **settings}
        return Function(target, port, environment, self._show)

    def _publish(self) -> None:
        """Build a catalog and publish it, as everybody does it. Raises `StartError`."""
        command = [sys.executable, "-m", "catalog_builder", "publish", *self._build]
        done = subprocess.run(
            [*command, "--shelf", self.environment["SHELF"]],
            check=False,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise StartError(f"no catalog was published\n{done.stdout.rstrip()}")
