"""`firebase` of the fake cloud."""

import json
from operator import itemgetter
from pathlib import Path
from typing import Any

from tests.support.vendor_error import VendorError


def firebase(state: dict[str, Any], words: list[str], folder: Path) -> str:
    """Carries out one of the firebase commands that deploy.sh uses; returns its output."""
    flags = dict(w[2:].partition("=")[::2] for w in words if w.startswith("--"))
    match [word for word in words[1:] if not word.startswith("--")]:
        case ["login:list"]:
            return "Logged in as somebody@example.com"
        case ["firestore:indexes"]:
            return json.dumps({"status": "success", "result": state["indexes"]})
    state["changes"].append(" ".join(words))
    match [word for word in words[1:] if not word.startswith("--")]:
        case ["deploy"]:
            config = json.loads((folder / flags["config"]).read_text())
            for part in flags["only"].split(","):
                _deploy(state, part, config, flags["message"], folder)
        case ["hosting:sites:create", name]:
            check_name(state, name)
            state["sites"][name] = {"type": "USER_SITE" if state["sites"] else "DEFAULT_SITE"}
        case ["hosting:disable"]:
            assert "force" in flags
            state["sites"][flags["site"]]["live"] = {"type": "SITE_DISABLE"}
        case ["firestore:delete", path]:
            assert {"recursive", "force"} <= {*flags}
            state["deleted"].append(path)
        case _:
            raise KeyError(words)
    return ""


def _deploy(
    state: dict[str, Any], part: str, config: dict[str, Any], message: str, folder: Path
) -> None:
    match part:
        case "hosting":
            hosting = config["hosting"]
            if hosting["site"] not in state["sites"]:
                raise VendorError(f"HTTP Error: 404, site {hosting['site']} not found")
            assert (folder / hosting["public"] / "index.html").is_file()
            state["sites"][hosting["site"]]["live"] = {"type": "DEPLOY", "message": message}
        case "firestore:rules":
            state["rules"] = (folder / config["firestore"]["rules"]).read_text()
        case "firestore:indexes":
            spec = (folder / config["firestore"]["indexes"]).read_text()
            _deploy_indexes(state["indexes"], json.loads(spec))


def _deploy_indexes(there: dict[str, Any], spec: dict[str, Any]) -> None:
    """Adds indexes and replaces overrides without deleting any, as without --force."""
    there["indexes"] += [one for one in spec["indexes"] if one not in there["indexes"]]
    place = itemgetter("collectionGroup", "fieldPath")
    for override in spec["fieldOverrides"]:
        kept = [one for one in there["fieldOverrides"] if place(one) != place(override)]
        there["fieldOverrides"] = [*kept, override]


def check_name(state: dict[str, Any], name: str) -> None:
    """Raises `VendorError` if another project has a site of this name."""
    if name in state["taken"]:
        raise VendorError(
            f"Invalid name: `{name}` is reserved by another project; "
            f"try something like `{name}-a5c16` instead"
        )
