"""Starts the whole feed on emulated Firebase: its parts in order, each with its settings."""

import os
import secrets
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from emulators.event_bridge import EventBridge, register
from emulators.firestore import FirestoreEmulator
from emulators.http_server import HttpServer
from emulators.pinecone.server import PineconeEmulator
from emulators.process import ChildProcess, FunctionProcess, MissingError, StartError, free_port
from emulators.storage.server import StorageEmulator
from emulators.vertex.server import EMBEDDING_MODEL, MODEL, VertexEmulator

ROOT = Path(__file__).parents[1]
BUCKET = "catalogs"
FIRST_TOKEN_S = 0.3
TOKEN_S = 0.02
"""speed of the emulated model, about that of a small one"""
TRIGGERS = {
    "engagements": "users/{uid}/engagements/{id}",
    "profiles": "users/{uid}/earshot/profile",
}
"""Path patterns of the documents whose events `update_summary` receives."""

Part = ChildProcess | EventBridge | HttpServer | StorageEmulator


@dataclass(frozen=True)
class Ports:
    """The ports of 127.0.0.1 that the parts listen on."""

    page: int
    firestore: int
    storage: int

    def check(self) -> None:
        """Raises `MissingError` if one of the ports is in use."""
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
    """The parts of the emulated feed, started in order and stopped in reverse."""

    def __init__(
        self,
        ports: Ports,
        project: str,
        show: Callable[[str], None],
        build: Sequence[str] = (),
        *,
        rules: Path = ROOT / "firestore.rules",
        seed: str = "",
    ) -> None:
        """`show` is called, in threads, with each line that a function logs.

        `build` are options of `catalog_builder publish`; without any it publishes the demo catalog.
        `seed` is a command that writes to Firestore before the catalog is built.
        """
        self.environment = {
            "FIRESTORE_EMULATOR_HOST": f"127.0.0.1:{ports.firestore}",
            "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{ports.storage}",
            "GOOGLE_CLOUD_PROJECT": project,
            "FIREBASE_PROJECT": project,
            "SHELF": f"gs://{BUCKET}",
            "STORE": "firestore",
        }
        """environment variables with which a process finds the parts"""
        self._ports, self._project, self._show, self._build = ports, project, show, build
        self._rules, self._seed = rules, seed
        self._parts: list[Part] = []

    def start(self) -> None:
        """Starts all parts. Raises `MissingError` or `StartError`; call `stop` even then."""
        self._ports.check()
        bridge = EventBridge()
        self._begin(bridge)
        storage = StorageEmulator(self._ports.storage)
        self._begin(storage)
        storage.make_bucket(BUCKET)
        pinecone = PineconeEmulator()
        self._begin(pinecone)
        self.environment |= {"PINECONE_HOST": pinecone.url, "PINECONE_API_KEY": pinecone.api_key}
        vertex = VertexEmulator(self._project, first_token_s=FIRST_TOKEN_S, token_s=TOKEN_S)
        self._begin(vertex)
        self.environment |= {
            "MODELS": "gemini",
            "MODEL": MODEL,
            "EMBEDDING_MODEL": EMBEDDING_MODEL,
            "MODEL_URL": vertex.url,
        }
        firestore = FirestoreEmulator(
            port=self._ports.firestore,
            rules=self._rules,
            functions_emulator=f"127.0.0.1:{bridge.port}",
        )
        self._begin(firestore)
        if self._seed:
            self._run(shlex.split(self._seed), "the data were not written")
        publish = [sys.executable, "-m", "catalog_builder", "publish", *self._build]
        self._run([*publish, "--shelf", self.environment["SHELF"]], "no catalog was published")
        trigger = self._function("update_summary", free_port())
        self._begin(trigger)
        database, patterns = _triggers(os.environ.get("SCHEMA", ""))
        for name, pattern in patterns.items():
            bridge.targets[self._project, name] = trigger.url
            register(firestore.host, self._project, name, pattern, database)
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
        """Returns a report on the first part that ended by itself; None while all run."""
        for part in self._parts:
            if not part.alive:
                return (
                    part.exit_report()
                    if isinstance(part, ChildProcess)
                    else f"{part.name} has ended"
                )
        return None

    def stop(self) -> None:
        """Stops every part that was started."""
        while self._parts:
            self._parts.pop().stop()

    def _begin(self, part: Part) -> None:
        self._parts.append(part)
        part.start()

    def _function(self, target: str, port: int, **settings: str) -> FunctionProcess:
        environment = {**os.environ, **self.environment, **settings}
        return FunctionProcess(target, port, environment, self._show)

    def _run(self, command: Sequence[str], failed: str) -> None:
        """Runs a command to its end. Raises `StartError`, which begins with `failed`."""
        done = subprocess.run(
            command,
            check=False,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise StartError(f"{failed}\n{done.stdout.rstrip()}")


def _triggers(schema: str) -> tuple[str, dict[str, str]]:
    """Returns the database of a schema file, and the path patterns of its triggers by name.

    Raises `StartError`.
    """
    if not schema:
        return "(default)", TRIGGERS
    command = [sys.executable, "-m", "adapters.firestore.schema", schema]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise StartError(f"SCHEMA cannot be used\n{done.stderr.rstrip()}")
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    (database,) = [name for word, name, *_ in lines if word == "database"]
    return database, {
        name: path for word, name, *rest in lines if word == "trigger" for path in rest
    }
