"""The functions by the names they deploy under. Each is imported only when it is asked for."""

from importlib import import_module
from typing import Any

_ROOMS = {
    "create_session": "functions.create_session",
    "update_summary": "functions.update_summary",
    "publish_catalog": "functions.publish_catalog",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(name)
    return getattr(import_module(_ROOMS[name]), name)
