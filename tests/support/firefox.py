"""Firefox without a window, driven by WebDriver BiDi, the W3C's protocol."""

import json
import shutil
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support.engine import START_S, Engine, answered
from tests.support.server import free_port

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
PREFERENCES = {"intl.accept_languages": "en-US", "network.proxy.type": 1} | {
    f"network.proxy.{name}": value
    for scheme in ("http", "ssl")
    for name, value in ((scheme, "127.0.0.1"), (f"{scheme}_port", 9))  # nothing but this machine
}


class Firefox(Engine):
    """Firefox, as it is released."""

    @staticmethod
    def installed() -> bool:
        return bool(FIREFOX)

    def start(self) -> None:
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
        self._socket: ClientConnection = answered(
            lambda: self._opened.enter_context(connect(address, max_size=None))
        )
        self._count = 0
        self._send("session.new", capabilities={})
        self._page = self._send("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, address: str) -> None:
        self._send("browsingContext.navigate", context=self._page, url=address, wait="complete")

    def evaluate(self, expression: str) -> Any:
        answer = self._send(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self._page},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"].get("value", "null"))

    def perform(self, *sources: dict[str, Any]) -> None:
        self._send("input.performActions", context=self._page, actions=sources)

    def _send(self, method: str, **params: Any) -> Any:
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": params}))
        while (answer := json.loads(self._socket.recv(START_S))).get("id") != self._count:
            pass  # an event
        assert answer["type"] == "success", answer
        return answer["result"]
