"""`curl` of the fake cloud: the REST APIs of Google that deploy.sh calls."""

import json
import re
import zlib
from collections.abc import Callable
from typing import Any

from tests.support.fake_firebase import check_name
from tests.support.vendor_error import VendorError


def curl(state: dict[str, Any], words: list[str], given: Callable[[], str]) -> str:
    """Answers one request, whose token comes through a pipe; returns the body and the status."""
    assert given() == f"Authorization: Bearer {state['token']}\n"
    address = words[-1]
    status, body = _answer(state, address, posted="--data" in words)
    return f"{json.dumps(body, indent=2)}\n{status}"


MISSING = 404, {"error": {"code": 404, "message": "Requested entity was not found."}}


def _answer(state: dict[str, Any], address: str, *, posted: bool) -> tuple[int, dict[str, Any]]:
    if address.endswith("/releases/cloud.firestore"):
        if not state["rules"]:
            return MISSING
        name = f"projects/p/rulesets/{zlib.crc32(_rules(state).encode())}"
        return 200, {"rulesetName": name}
    if "/rulesets/" in address:
        content = _rules(state)
        if isinstance(state["rules"], list):
            state["rules"].pop(0)  # somebody deploys other ones
        return 200, {"source": {"files": [{"content": content}]}}
    if "/consumerQuotaMetrics" in address:
        return _quota(state["quota"])
    return _hosting(state, address, posted=posted)


def _rules(state: dict[str, Any]) -> str:
    """The rules that are live now: the first, where a list has those that follow one another."""
    rules: str = state["rules"][0] if isinstance(state["rules"], list) else state["rules"]
    return rules


def _hosting(state: dict[str, Any], address: str, *, posted: bool) -> tuple[int, dict[str, Any]]:
    assert address.startswith("https://firebasehosting.googleapis.com/v1beta1/projects/"), address
    if state["sites"] is None:
        return MISSING
    if live := re.search(r"/sites/([^/]+)/channels/live$", address):
        site = state["sites"].get(live[1])
        release = {"release": site["live"]} if site and "live" in site else {}
        return (200, {"name": live[0], **release}) if site is not None else MISSING
    if wanted := re.search(r"/sites\?siteId=([^&]+)&validateOnly=true$", address):
        assert posted
        try:
            check_name(state, wanted[1])
        except VendorError as error:
            return 400, {"error": {"code": 400, "message": str(error)}}
        return 200, {"name": f"projects/p/sites/{wanted[1]}"}
    assert address.endswith("/sites?pageSize=40"), address
    address = "https://{}.web.app".format
    found = [
        {"name": f"projects/p/sites/{name}", "type": site["type"], "defaultUrl": address(name)}
        for name, site in state["sites"].items()
    ]
    return 200, {"sites": found}


def _quota(limits: list[int] | None) -> tuple[int, dict[str, Any]]:
    """The response of Service Usage: a limit for all regions, and one for a single region."""
    if limits is None:
        return 403, {"error": {"code": 403, "message": "Permission denied to list quota"}}
    metrics: list[dict[str, Any]] = []
    for name, limit in zip(("cpu_allocation", "mem_allocation"), limits, strict=True):
        elsewhere = {"effectiveLimit": "1", "dimensions": {"region": "nowhere1"}}
        buckets = {"quotaBuckets": [{"effectiveLimit": str(limit)}, elsewhere]}
        metrics.append({"metric": f"run.googleapis.com/{name}", "consumerQuotaLimits": [buckets]})
    return 200, {"metrics": metrics}
