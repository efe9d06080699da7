"""The session function, which writes the time of each step of its start to the file MARKS."""

import json
import os
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

_began_s = time.monotonic()
# Set before numpy is imported, as in the function.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from functions import settings
from functions.serving import catalog_loader

_STORE = "firestore" if os.environ["STORE"] == settings.CLOUD_STORE else "sqlite"
for _name in (
    "functions.api.application",
    "functions.wiring.service",
    "adapters.folder.shelf",
    f"adapters.{_STORE}.users",
):
    import_module(_name)

_imported_s = time.monotonic()
_rankers_s = 0.0


def _timing(function: Callable[..., Any]) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        global _rankers_s  # noqa: PLW0603
        began_s = time.monotonic()
        try:
            return function(*arguments, **named)
        finally:
            _rankers_s += time.monotonic() - began_s

    return timed


catalog_loader.Rankers = _timing(catalog_loader.Rankers)  # type: ignore[assignment, attr-defined]

from functions.create_session import create_session

__all__ = ["create_session"]

_marks = {
    "began_s": _began_s,
    "imported_s": _imported_s,
    "loaded_s": time.monotonic(),
    "rankers": _rankers_s,
}
Path(os.environ["MARKS"]).write_text(json.dumps(_marks))
