"""`gcloud compute` of the fake cloud: parts of a load balancer, and which part uses which."""

import re
from collections.abc import Callable
from typing import Any

from tests.support.vendor_error import VendorError

USES = {
    "target-https-proxy": "target-https-proxies",
    "target-http-proxy": "target-http-proxies",
    "address": "addresses",
    "url-map": "url-maps",
    "ssl-certificates": "ssl-certificates",
    "default-service": "backend-services",
    "groups": "network-endpoint-groups",
}
"""Flags that name other parts, with the kind of these."""
FIELDS = {
    "name": "name",
    "description": "description",
    "region.basename()": "region",
    "managed.status": "status",
    "managed.domains[0]": "domains",
    "sslCertificates.map().basename().list()": "ssl-certificates",
    "address": "ip",
}
"""Fields of --format, with the attribute of a part that each shows."""


def compute(
    parts: dict[str, Any],
    kind: str,
    verb: str,
    names: list[str],
    flags: dict[str, str],
    given: Callable[[], str],
) -> list[str]:
    """Carries out one call; returns the lines of a listing, none for a change."""
    there = parts.setdefault(kind, {})
    name = names[0] if names else ""
    if verb in {"list", "describe"}:
        shown = [FIELDS[one] for one in flags["format"][len("value(") : -1].split(",")]
        wanted = flags.get("filter", "").removeprefix("name=")
        found = [one for key, one in there.items() if key in {name or key} & {wanted or key}]
        return ["\t".join(one.get(field, "") for field in shown) for one in found]
    if verb == "delete":
        _check_unused(parts, kind, name)
        assert ("region" in flags) == (kind == "network-endpoint-groups")
        del there[name]
    elif verb == "update":
        there[name].update(_checked(parts, flags))
    elif name in there and verb == "create":
        raise VendorError(f"The resource {name} already exists")
    else:
        imported = _imported(given()) if verb == "import" else {}
        more = {"status": "PROVISIONING"} if kind == "ssl-certificates" else {}
        more |= {"ip": "203.0.113.7"} if kind == "addresses" else {}
        there[name] = {"name": name, **_checked(parts, {**flags, **imported}), **more}
    return []


def _imported(text: str) -> dict[str, str]:
    """The description and the groups in imported YAML."""
    description = re.search(r"description: '(.*)'", text)
    groups = ",".join(re.findall(r"networkEndpointGroups/(\S+)", text))
    found = {"description": description[1]} if description else {}
    return {**found, **({"groups": groups} if groups else {})}


def _checked(parts: dict[str, Any], flags: dict[str, str]) -> dict[str, str]:
    for flag, kind in USES.items():
        for name in filter(None, flags.get(flag, "").split(",")):
            if name not in parts.get(kind, {}):
                raise VendorError(f"The resource {kind}/{name} was not found")
    return flags


def _check_unused(parts: dict[str, Any], kind: str, name: str) -> None:
    flags = [flag for flag, used in USES.items() if used == kind]
    for other, found in parts.items():
        for one in found.values():
            if any(name in one.get(flag, "").split(",") for flag in flags):
                raise VendorError(f"The resource {kind}/{name} is already being used by {other}")
