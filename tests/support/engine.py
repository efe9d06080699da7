"""A browser driven by the W3C's protocols, whichever engine it has."""

import json
import os
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import httpx

T = TypeVar("T")

START_S = 60
WAIT_S = 20


class Engine(ABC):
    """A browser with one page, in a profile of its own."""

    def __init__(self) -> None:
        """Make a browser that does not run yet."""
        self._opened = ExitStack()
        made = tempfile.TemporaryDirectory(prefix="earshot-engine-", ignore_cleanup_errors=True)
        self._folder = Path(self._opened.enter_context(made))

    @staticmethod
    @abstractmethod
    def installed() -> bool:
        """Return whether this machine has all that it needs."""

    @abstractmethod
    def start(self) -> None:
        """Start the browser, and wait until it can be driven."""

    @abstractmethod
    def open(self, address: str) -> None:
        """Load an address, and wait until it is loaded."""

    @abstractmethod
    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, once a promise is settled."""

    @abstractmethod
    def perform(self, *sources: dict[str, Any]) -> None:
        """Perform what the listener does: sources of actions, as WebDriver has them."""

    def close(self) -> None:
        """End the browser, however far it has started."""
        self._opened.close()

    def press(self, selector: str, text: str = "") -> None:
        """Click the first visible element that has this text, once there is one that stays.

        What is replaced between the button's way down and up gets no click: it is pressed again.
        """
        deadline = time.monotonic() + WAIT_S
        pressed = False
        while not pressed:
            assert time.monotonic() < deadline, f"no click: {selector} {text}"
            self._press(selector, text)
            pressed = self.evaluate("self.pressed !== false")  # another document knows of none

    def _press(self, selector: str, text: str) -> None:
        place = self.until(
            f"""(async () => {{
                const [selector, text] = {json.dumps([selector, text])};
                const one = [...document.querySelectorAll(selector)].find((one) =>
                    one.checkVisibility() && (one.ariaLabel || one.textContent).includes(text));
                one?.scrollIntoView({{ block: "center", behavior: "instant" }});
                const center = () => {{
                    const box = one?.getBoundingClientRect();
                    return box && [box.x + box.width / 2, box.y + box.height / 2].map(Math.round);
                }};
                const before = center();
                for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
                if (!one || String(center()) !== String(before)) return;
                self.pressed = false;
                one.addEventListener("click", () => {{ self.pressed = true; }}, true);
                return one.contains(document.elementFromPoint(...before)) && before;
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

    def _run(self, *command: str, inherited: Sequence[int] = (), **settings: str) -> None:
        """Run a command until the browser is closed; `inherited`: files that it may use."""
        environment = {**os.environ, "HOME": str(self._folder), **settings}
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, pass_fds=inherited
            )
        self._opened.callback(process.wait, 10)
        self._opened.callback(process.terminate)


def answered(ask: Callable[[], T]) -> T:
    """Ask what is just starting until there is an answer."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            return ask()
        except (OSError, httpx.TransportError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
