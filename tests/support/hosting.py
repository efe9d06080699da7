"""Firebase Hosting as firebase-tools has it: the files that it uploads, and what it serves."""

import json
import os
import shutil
from pathlib import Path
from typing import Any, Self

from emulators.firestore import new_project
from emulators.process import ChildProcess, free_port
from tests.support.deployment import Account, flag
from tests.support.firebase_tools import asked, firebase_tools


class Site:
    """A site that deploy.sh has deployed to Hosting: its folder and its configuration."""

    def __init__(self, account: Account) -> None:
        deployed = [one.split(" ") for one in account.deploy() if one.startswith("firebase ")]
        (words,) = [one for one in deployed if one[2].startswith("--only=hosting")]
        self.folder = account.work
        self.config: dict[str, Any] = json.loads(
            (self.folder / flag(words, "config")[0]).read_text()
        )
        self.hosting: dict[str, Any] = self.config["hosting"]
        self.public = self.folder / self.hosting["public"]

    def uploaded_files(self) -> list[str]:
        """Returns the files that `firebase deploy` would upload, as its own code lists them."""
        given = [str(self.public), self.hosting["ignore"]]
        return sorted(asked("listFiles", "module.listFiles(...given)", given))

    def invalid_fields(self) -> list[str]:
        """Returns the errors that firebase-tools finds in the configuration."""
        check = "(v => v(given) ? [] : v.errors.map(module.getErrorMessage))(module.getValidator())"
        return asked("firebaseConfigValidate", check, self.config)


class HostingEmulator(ChildProcess):
    """firebase-tools' emulator of Hosting, over exactly the files of a site that are uploaded.

    It would serve ignored files, too, so it gets none. It does not answer rewrites to functions.
    """

    def __init__(self, site: Site, folder: Path) -> None:
        for name in site.uploaded_files():
            copy = folder / "public" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(site.public / name, copy)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.project = new_project()
        ports = {name: {"host": "127.0.0.1", "port": free_port()} for name in ("hub", "logging")}
        emulators = {
            **ports,
            "hosting": {"host": "127.0.0.1", "port": port},
            "ui": {"enabled": False},
        }
        config = {"hosting": {**site.hosting, "public": "public"}, "emulators": emulators}
        (folder / "firebase.json").write_text(json.dumps(config))
        firebase = str(firebase_tools() / "lib" / "bin" / "firebase.js")
        super().__init__(
            "the Hosting emulator",
            ["node", firebase, "emulators:start", "--only=hosting", f"--project={self.project}"],
            {"PATH": os.environ["PATH"], "HOME": str(folder), "CI": "1"},
            folder=folder,
        )

    def start(self) -> Self:
        """Starts the emulator and waits until it answers."""
        super().start()
        self.wait_for(self.url)
        return self
