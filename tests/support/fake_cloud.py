"""A fake of Google Cloud: `gcloud`, `firebase` and `curl` as deploy.sh calls them.

Each call is recorded and answered as the real tool would: what was created is listed from then on.
An unknown call is an error. Calls that need no account go to the real gcloud. The fake follows the
vendors' documentation and refuses what they refuse: a service account that does not exist, an
instance that Cloud Run does not offer, the deletion of a part that another part uses.

The tools on the PATH are a few lines of bash that ask a server in the process of the tests: a
deployment makes a hundred calls, and starting Python for each would take most of its time.
"""

import re
import socketserver
import threading
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

from tests.support.fake_curl import curl
from tests.support.fake_firebase import firebase
from tests.support.fake_gcloud import GcloudCall
from tests.support.vendor_error import VendorError

State = dict[str, Any]
EMPTY: State = {
    "account": "somebody@example.com",
    "token": "token",
    "number": "123456789",
    "billing": "True",
    "databases": ["(default)\tFIRESTORE_NATIVE\tnam5"],
    "indexes": {"indexes": [], "fieldOverrides": []},
    "quota": None,
    "pending": 0,
    **dict.fromkeys(("job", "job_at", "rules", "fails"), ""),
    **{name: [] for name in ("calls", "changes", "services", "accounts", "buckets")},
    **{name: [] for name in ("unchecked", "taken", "deleted")},
    **{name: {} for name in ("objects", "packages", "secrets", "policies", "functions")},
    **{name: {} for name in ("compute", "sites", "revisions", "traffic", "lifecycles")},
}
"""State of a project with a database and nothing else.

`fails` is a pattern of calls that fail; `pending`, how many deployments of triggers fail because
permissions of Eventarc have not arrived; `taken`, names of other projects' sites; `quota`, the
milli-processors and bytes of a region.
"""

TOOLS: dict[str, Callable[["Call"], str]] = {
    "gcloud": lambda call: GcloudCall(call.state, call.words, call.folder, call.input).answer(),
    "firebase": lambda call: firebase(call.state, call.words, call.folder),
    "curl": lambda call: curl(call.state, call.words, call.input),
}
STUB = r"""#!/bin/bash
exec 3<>"/dev/tcp/127.0.0.1/$FAKE_CLOUD"
printf '%s\0' "$#" "$PWD" "${0##*/}" "$@" >&3
while read -r code <&3; do
    if [[ $code != input ]]; then break; fi
    given=$(cat; printf .)
    printf '%s\0' "${given%.}" >&3
done
if ((code)); then cat <&3 >&2; else cat <&3; fi
exit "$code"
"""
"""The source of a tool on the PATH."""


class FakeCloud:
    """The state of a project, and the server that the tools ask."""

    def __init__(self, state: State) -> None:
        self.state = deepcopy({**EMPTY, **state})
        self._server = _Server(("127.0.0.1", 0), Call)
        self._server.cloud = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.port = self._server.server_address[1]

    def install(self, folder: Path, tools: set[str]) -> None:
        """Writes the fake tools into a folder of the PATH."""
        for tool in tools & {*TOOLS}:
            (folder / tool).write_text(STUB)
            (folder / tool).chmod(0o755)


class _Server(socketserver.TCPServer):
    """Answers one call at a time."""

    cloud: FakeCloud


class Call(socketserver.StreamRequestHandler):
    """One call of a tool. NUL ends each word; the answer is the exit code, then the text."""

    def handle(self) -> None:
        """Records the call and answers it."""
        self.state = cast("_Server", self.server).cloud.state
        count = int(self._word())
        self.folder = Path(self._word())
        self.words = [self._word() for _ in range(count + 1)]
        self.state["calls"].append(self.words)
        code, text = 0, ""
        try:
            if self.state["fails"] and re.search(self.state["fails"], " ".join(self.words)):
                raise VendorError("told to fail")
            text = TOOLS[self.words[0]](self)
        except VendorError as error:
            code, text = 1, f"ERROR: {error}"
        except Exception as error:  # noqa: BLE001  # the caller prints it
            code, text = 70, f"the fake cloud has no answer: {error!r} to {self.words}"
        self.wfile.write(f"{code}\n{text}\n".encode())

    def input(self) -> str:
        """Returns what is piped to the tool."""
        self.wfile.write(b"input\n")
        return self._word()

    def _word(self) -> str:
        found = bytearray()
        while (one := self.rfile.read(1)) not in {b"\0", b""}:
            found += one
        return found.decode()
