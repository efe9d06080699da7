"""Decides which revisions of a function get which share of its traffic.

Reads a JSON array of the service and its revisions, as `gcloud run` prints them, and prints the
value of `--to-revisions`, or nothing if nothing is to change.
"""

import json
import sys
from typing import Any

Service = dict[str, Any]


def main() -> None:
    """`hold`, `share PERCENT`, `latest` or `back`; exits with 1 and the reason if impossible."""
    service, revisions = json.load(sys.stdin)
    try:
        match sys.argv[1:]:
            case ["hold"]:
                print(hold(service))
            case ["share", percent]:
                print(share(service, int(percent)))
            case ["latest"]:
                print(latest(service))
            case ["back"]:
                print(back(service, revisions))
            case words:
                sys.exit(f"expected hold, share PERCENT, latest or back, got {' '.join(words)}")
    except ValueError as error:
        sys.exit(f"create-session: {error}")


def shares(service: Service) -> dict[str, int]:
    """Returns the percent of each revision that has traffic, the largest first."""
    found: dict[str, int] = {}
    for one in service["status"]["traffic"]:
        if percent := one.get("percent"):
            name = one["revisionName"]
            found[name] = found.get(name, 0) + percent
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def hold(service: Service) -> str:
    """Returns all traffic for the revision that has it now, so that a newer one gets none."""
    name, *others = shares(service)
    return "" if others else f"{name}=100"


def share(service: Service, percent: int) -> str:
    """Returns `percent` for the newest revision, the rest for the one that has most of the others.

    Raises `ValueError` if no other revision has traffic.
    """
    newest = service["status"]["latestReadyRevisionName"]
    older = [name for name in shares(service) if name != newest]
    if not older:
        raise ValueError("no version is newer than the one that has all traffic")
    return f"{newest}={percent},{older[0]}={100 - percent}"


def latest(service: Service) -> str:
    """Returns all traffic for the newest revision, and for those that follow."""
    newest = service["status"]["latestReadyRevisionName"]
    return "" if list(shares(service)) == [newest] else "LATEST=100"


def back(service: Service, revisions: list[dict[str, Any]]) -> str:
    """Returns all traffic for the revision before: of several, the older one with most traffic.

    If one revision has all traffic, it is the newest of those that are older and ready. Raises
    `ValueError` if there is none.
    """
    newest = service["status"]["latestReadyRevisionName"]
    serving, *others = shares(service)
    if others:
        return f"{next(name for name in (serving, *others) if name != newest)}=100"
    created = {one["metadata"]["name"]: one["metadata"]["creationTimestamp"] for one in revisions}
    older = [
        one["metadata"]["name"]
        for one in revisions
        if one["metadata"]["creationTimestamp"] < created[serving] and _is_ready(one)
    ]
    if not older:
        raise ValueError("there is no earlier version to go back to")
    return f"{max(older, key=created.__getitem__)}=100"


def _is_ready(revision: dict[str, Any]) -> bool:
    """Whether a revision could start; one without traffic may be retired and still is ready."""
    conditions = revision.get("status", {}).get("conditions", [])
    return all(one["status"] != "False" for one in conditions if one["type"] == "Ready")


if __name__ == "__main__":
    main()
