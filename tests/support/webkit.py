"""WebKit on a virtual display, driven by WebDriver, the W3C's protocol."""

import os
import shutil
from pathlib import Path
from typing import Any

import httpx

from tests.support.engine import START_S, Engine, answered
from tests.support.server import free_port

BROWSER = next(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"), None)
DRIVER, SCREEN = "WebKitWebDriver", "Xvfb"
FRUGAL = {"NO_AT_BRIDGE": "1", "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
"""without a graphics card, compositing takes more processor time than all else"""
NOWHERE = "127.0.0.1:9"
CAPABILITIES = {
    "webkitgtk:browserOptions": {"binary": str(BROWSER), "args": ["--automation"]},
    "proxy": {
        "proxyType": "manual",
        "httpProxy": NOWHERE,
        "sslProxy": NOWHERE,
        "noProxy": ["127.0.0.1"],  # nothing but this machine
    },
}


class WebKit(Engine):
    """WebKitGTK, in the small browser that comes with it."""

    @staticmethod
    def installed() -> bool:
        return bool(BROWSER and shutil.which(DRIVER) and shutil.which(SCREEN))

    def start(self) -> None:
        port = free_port()
        self._run(DRIVER, f"--port={port}", DISPLAY=self._screen(), **FRUGAL)
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=START_S)
        self._client = self._opened.enter_context(client)
        answered(lambda: self._client.get("/status"))
        session = self._send("POST", "/session", capabilities={"alwaysMatch": CAPABILITIES})
        self._session = f"/session/{session['sessionId']}"
        self._opened.callback(self._send, "DELETE", self._session)

    def open(self, address: str) -> None:
        self._send("POST", f"{self._session}/url", url=address)

    def evaluate(self, expression: str) -> Any:
        script = f"return (async () => await ({expression}))()"
        return self._send("POST", f"{self._session}/execute/sync", script=script, args=[])

    def perform(self, *sources: dict[str, Any]) -> None:
        self._send("POST", f"{self._session}/actions", actions=sources)

    def _screen(self) -> str:
        """Start a display, and return its name once it can be used."""
        read, written = os.pipe()
        with os.fdopen(read) as told:
            self._run(SCREEN, "-displayfd", str(written), inherited=[written])
            os.close(written)
            number = told.readline().strip()
        assert number, "the display ended at once"
        return f":{number}"

    def _send(self, method: str, path: str, **body: Any) -> Any:
        response = self._client.request(method, path, json=body if method == "POST" else None)
        assert response.status_code == 200, response.text
        return response.json()["value"]
