"""The entry points of the Cloud Functions, by name. Each is imported only when it is used."""

from importlib import import_module
from typing import Any

_MODULES = {
    "create_session": "functions.create_session",
    "update_summary": "functions.update_summary",
    "publish_catalog": "functions.publish_catalog",
    "find_audience": "functions.find_audience",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(import_module(_MODULES[name]), name)
