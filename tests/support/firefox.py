"""Firefox without a window, driven by WebDriver BiDi, the W3C's protocol."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support.server import free_port

START_S = 60
WAIT_S = 20
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
PREFERENCES = {"intl.accept_languages": "en-US", "network.proxy.type": 1} | {
    f"network.proxy.{name}": value
    for scheme in ("http", "ssl")
    for name, value in ((scheme, "127.0.0.1"), (f"{scheme}_port", 9))  # nothing but this machine
}


class Firefox:
    """A browser with one page, in a profile of its own."""

    def __init__(self) -> None:
        """Make a browser that does not run yet."""
        self._opened = ExitStack()
        made = tempfile.TemporaryDirectory(prefix="earshot-engine-", ignore_cleanup_errors=True)
        self._folder = Path(self._opened.enter_context(made))

    def start(self) -> None:
        """Start the browser, and wait until it can be driven."""
        profile = self._folder / "profile"
        profile.mkdir()
        lines = (f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items())
        (profile / "user.js").write_text("\n".join(lines))
        port = free_port()
        self._run(
            str(FIREFOX),
            "--headless",
            "--profile",
            str(profile),
            f"--remote-debugging-port={port}",
            MOZ_DISABLE_CONTENT_SANDBOX="1",
        )
        address = f"ws://127.0.0.1:{port}/session"
        self._socket: ClientConnection = _answered(
            lambda: self._opened.enter_context(connect(address, max_size=None))
        )
        self._count = 0
        self._send("session.new", capabilities={})
        self._page = self._send("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, address: str) -> None:
        """Load an address, and wait until it is loaded."""
        self._send("browsingContext.navigate", context=self._page, url=address, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, once a promise is settled."""
        answer = self._send(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self._page},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"].get("value", "null"))

    def perform(self, *sources: dict[str, Any]) -> None:
        """Perform what the listener does: sources of actions, as WebDriver has them."""
        self._send("input.performActions", context=self._page, actions=sources)

    def close(self) -> None:
        """End the browser, however far it has started."""
        self._opened.close()

    def press(self, selector: str, text: str = "") -> None:
        """Click the first visible element that has this text, once there is one."""
        place = self.until(
            f"""(() => {{
                const [selector, text] = {json.dumps([selector, text])};
                const one = [...document.querySelectorAll(selector)].find((one) =>
                    one.checkVisibility() && (one.ariaLabel || one.textContent).includes(text));
                one?.scrollIntoView({{ block: "center", behavior: "instant" }});
                const box = one?.getBoundingClientRect();
                const [x, y] = box ? [box.x + box.width / 2, box.y + box.height / 2] : [];
                return one?.contains(document.elementFromPoint(x, y)) && [x, y].map(Math.round);
            }})()"""
        )
        moves = [
            {"type": "pointerMove", "x": place[0], "y": place[1]},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self.perform({"type": "pointer", "id": "mouse", "actions": moves})

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.perform({"type": "key", "id": "keys", "actions": keys})

    def until(self, expression: str) -> Any:
        """Evaluate an expression until its value is true, and return that."""
        deadline = time.monotonic() + WAIT_S
        while not (found := self.evaluate(expression)):
            assert time.monotonic() < deadline, f"still {found!r}: {expression}"
            time.sleep(0.1)
        return found

    def _run(self, *command: str, **settings: str) -> None:
        """Run a command until the browser is closed."""
        environment = {**os.environ, "HOME": str(self._folder), **settings}
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self._opened.callback(process.wait, 10)
        self._opened.callback(process.terminate)

    def _send(self, method: str, **params: Any) -> Any:
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": params}))
        while (answer := json.loads(self._socket.recv(START_S))).get("id") != self._count:
            pass  # an event
        assert answer["type"] == "success", answer
        return answer["result"]


def _answered(ask: Callable[[], Any]) -> Any:
    """Ask until there is an answer."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            return ask()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
