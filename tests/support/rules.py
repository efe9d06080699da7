"""A Firestore database behind the rules, called through REST as by an app."""

import base64
import json
import math
from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Any
from uuid import uuid4

import httpx

from emulators.firestore import new_project
from tests.support.tokens import handmade


def token(**claims: Any) -> str:
    """Return an unsigned ID token with these claims, which the Firestore emulator accepts."""
    return handmade({"alg": "none", "typ": "JWT"}, claims)


ALICE, BOB, ADMIN = token(sub="alice"), token(sub="bob"), "owner"
OPERATIONS = ("create", "get", "list", "update", "delete")  # in this order: the last one removes it
PLAIN = {type(None): "nullValue", bool: "booleanValue", str: "stringValue", float: "doubleValue"}


def encoded(value: Any) -> dict[str, Any]:
    """Return a value in Firestore's JSON format."""
    match value:
        case int() if not isinstance(value, bool):
            return {"integerValue": str(value)}
        case datetime():
            return {"timestampValue": value.isoformat().replace("+00:00", "Z")}
        case bytes():
            return {"bytesValue": base64.b64encode(value).decode()}
        case list():
            return {"arrayValue": {"values": [encoded(one) for one in value]}}
        case dict():
            return {"mapValue": {"fields": {k: encoded(v) for k, v in value.items()}}}
    unwritable = isinstance(value, float) and not math.isfinite(value)
    return {PLAIN[type(value)]: json.dumps(value) if unwritable else value}


class Database:
    """A database of its own; whether a call is allowed is what each method returns."""

    def __init__(self, host: str) -> None:
        self.project = new_project()
        self._names = f"projects/{self.project}/databases/(default)/documents"
        self._url = f"http://{host}/v1/{self._names}"
        self._admin = f"http://{host}/emulator/v1/projects/{self.project}"
        self._client = httpx.Client(timeout=30)

    def call(self, method: str, path: str, who: str | None, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {who}"} if who else {}
        return self._client.request(method, self._url + path, headers=headers, json=body)

    def allowed(self, method: str, path: str, who: str | None, body: Any = None) -> bool:
        answer = self.call(method, path, who, body)
        assert answer.status_code in {200, 403, 404}, answer.text
        return answer.status_code != 403

    def write(self, who: str | None, *writes: dict[str, Any]) -> bool:
        return self.allowed("POST", ":commit", who, {"writes": writes})

    def document(self, path: str, fields: dict[str, Any], **more: Any) -> dict[str, Any]:
        content = {"name": f"{self._names}/{path}", "fields": encoded(fields)["mapValue"]["fields"]}
        return {"update": content, **more}

    def seed(self, path: str, fields: dict[str, Any]) -> None:
        assert self.write(ADMIN, self.document(path, fields))

    def may(self, operation: str, path: str, who: str | None, fields: dict[str, Any]) -> bool:
        """Try an operation; return whether the rules allow it. Only `create` makes the document."""
        match operation:
            case "get":
                return self.allowed("GET", f"/{path}", who)
            case "list":
                return self.allowed("GET", f"/{path.rpartition('/')[0]}?pageSize=5", who)
            case "delete":
                return self.write(who, {"delete": f"{self._names}/{path}"})
        there = {"currentDocument": {"exists": operation == "update"}}
        return self.write(who, self.document(path, fields, **there))

    def use(self, rules: str) -> None:
        """Replace the rules of this database alone."""
        files = {"rules": {"files": [{"name": "firestore.rules", "content": rules}]}}
        answer = self._client.put(f"{self._admin}:securityRules", json=files)
        assert answer.status_code == httpx.codes.OK, answer.text

    def coverage(self) -> list[dict[str, Any]]:
        return self._client.get(f"{self._admin}:ruleCoverage").json()["report"]


def verdicts(
    database: Database, rules: str, places: Sequence[str], fields: dict[str, Any] | None = None
) -> dict[object, bool]:
    """Return what each caller is allowed, with documents that have these fields."""
    database.use(rules)
    fields = fields or {"a": 1}
    found: dict[object, bool] = {}
    for place, who in product(places, (ALICE, BOB, None)):
        database.seed(place, fields)
        for operation in OPERATIONS:
            path = f"{place}-{uuid4().hex}" if operation == "create" else place
            found[place, who, operation] = database.may(operation, path, who, fields)
    return found
