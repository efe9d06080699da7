"""The API's document: its description in OpenAPI 3.1, made of the routes and their structs.

Imported when it is first asked for, so that no cold start pays for it.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec

from functions.api.docstrings import field_docstrings
from functions.api.routes import ROUTES
from functions.http.operation import Operation
from functions.problem_kinds import KINDS, Problem

VERSION = "0.1.0"
"""of the project, since the API has no other"""

_REFERENCE = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+)(:path)?\}")
_LINK = re.compile(r" ?\(?\[[^]]*\]\([^)]*\)\)?")
_PARAMETERS = {
    "session_id": "`session_id` of the session",
    "engagement_id": "id of the engagement, percent-encoded",
    "episode_id": "id of the episode, percent-encoded; it may contain `/`",
    "kind": "`person`, `entity` or `topic`",
    "name": "name of the insight in any spelling, percent-encoded",
    "series_id": "id of the series, percent-encoded; it may contain `/`",
}
_INFO = {
    "title": "Earshot",
    "version": VERSION,
    "description": "A personal feed of podcast episodes. Unknown fields and query parameters are "
    "refused; answers may gain fields. Errors are problem details (RFC 9457): decide by `type`.",
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}
_SECURITY_SCHEMES = {
    "idToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Firebase ID token.",
    },
    "demoUser": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Demo-User",
        "description": "Names the user of a server on this machine (`AUTH=demo`).",
    },
}
_APP_CHECK = {
    "appCheck": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Firebase-AppCheck",
        "description": "App Check token of an app of the project.",
    },
}
_SIGNED_IN: list[dict[str, list[str]]] = [{"idToken": []}, {"demoUser": []}]
_RETRY_AFTER = {
    "Retry-After": {"description": "seconds to wait", "schema": {"type": "integer", "minimum": 0}}
}
_WITH_RETRY_AFTER = (429, 503)
_INT32 = 2**31


@cache
def encoded_document(*, app_check: bool = False) -> bytes:
    """Return the document as JSON, built once per process."""
    return msgspec.json.encode(document(app_check=app_check))


def document(*, app_check: bool = False) -> dict[str, Any]:
    """Return the document: a path item for every route, a schema for every struct.

    With `app_check`, every operation for users also requires a token of App Check.
    """
    schemes = _SECURITY_SCHEMES | (_APP_CHECK if app_check else {})
    operations = [one for route in ROUTES.values() for one in route.values()]
    kinds = [
        kind
        for one in operations
        for kind in (one.body, *one.answers.values(), *(one.events or {}).values())
    ]
    structs: dict[type[msgspec.Struct], None] = {Problem: None}
    structs |= dict.fromkeys(kind for kind in kinds if isinstance(kind, type))
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        "servers": [{"url": "/"}],
        "paths": {
            _PARAMETER.sub(r"{\1}", path): _path_item(path, route, app_check=app_check)
            for path, route in ROUTES.items()
        },
        "components": {"schemas": _schemas(list(structs)), "securitySchemes": schemes},
    }


def _path_item(path: str, route: Mapping[str, Operation], *, app_check: bool) -> dict[str, Any]:
    parameters = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PARAMETERS[name],
            "schema": {"type": "string", "minLength": 1},
        }
        for name, _ in _PARAMETER.findall(path)
    ]
    item = {method.lower(): _operation(one) for method, one in route.items()}
    for operation in item.values() if app_check else ():
        operation["security"] = [one | {"appCheck": []} for one in operation["security"]]
    return {**({"parameters": parameters} if parameters else {}), **item}


def _operation(one: Operation) -> dict[str, Any]:
    answers = {str(status): _answer(kind) for status, kind in one.answers.items()}
    if one.events is not None:
        answers[str(HTTPStatus.OK)]["content"]["text/event-stream"] = _events(one.events)
    for status, problem in _problems(one).items():
        answer = answers.setdefault(status, problem)
        answer["content"] = {**answer["content"], **problem["content"]}
    found: dict[str, Any] = {
        "operationId": one.name,
        "tags": [one.handler.__module__.rpartition(".")[2]],
        "summary": _capitalized(_LINK.sub("", one.summary)),
        "security": [] if one.user == "none" else _SIGNED_IN,
        "responses": dict(sorted(answers.items())),
    }
    if one.user == "optional":
        found["security"] = [{}, *_SIGNED_IN]
    if parameters := _query(one.query):
        found["parameters"] = parameters
    if one.body is not None:
        required = any(field.required for field in msgspec.structs.fields(one.body))
        found["requestBody"] = {"required": required, "content": _content(one.body)}
    if one.upload:
        found["requestBody"] = {"required": True, "content": _upload(one.upload)}
    return found


def _query(kind: type[msgspec.Struct]) -> list[dict[str, Any]]:
    """Return the parameters of a query, of which lists are given as `id=…&id=…`."""
    schema = _schemas([kind])[kind.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema["required"],
            "description": found.get("description", ""),
            "schema": {key: one for key, one in found.items() if key != "description"},
        }
        for name, found in schema["properties"].items()
    ]


def _answer(kind: type[msgspec.Struct] | str) -> dict[str, Any]:
    if isinstance(kind, str):
        schema = {"type": "object"} if kind == "application/json" else {"type": "string"}
        return {"description": "The answer", "content": {kind: {"schema": schema}}}
    return {"description": _first_line(kind), "content": _content(kind)}


def _events(events: Mapping[str, type[msgspec.Struct]]) -> dict[str, Any]:
    """Return the schema of one event of a stream; the last may be `error` in place of others."""
    return {
        "schema": {
            "description": "One server-sent event; the answer has several, in the order of these.",
            "oneOf": [
                *(_event(name, kind) for name, kind in events.items()),
                _event("error", Problem),
            ],
        }
    }


def _event(name: str, kind: type[msgspec.Struct]) -> dict[str, Any]:
    data = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": _reference(kind)},
    }
    properties = {"event": {"type": "string", "const": name}, "data": data}
    return {"type": "object", "required": ["event", "data"], "properties": properties}


def _problems(one: Operation) -> dict[str, dict[str, Any]]:
    """Return the answers that are problems, by status."""
    kinds = defaultdict(list)
    for kind in dict.fromkeys(one.all_problems):
        for status in KINDS[kind].statuses:
            kinds[status].append(kind)
    return {
        str(status): {
            "description": ", ".join(names),
            **({"headers": _RETRY_AFTER} if status in _WITH_RETRY_AFTER else {}),
            "content": _content(Problem, "application/problem+json"),
        }
        for status, names in kinds.items()
    }


def _upload(name: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {name: {"type": "string", "format": "binary"}},
        "required": [name],
        "additionalProperties": False,
    }
    return {"multipart/form-data": {"schema": schema}}


def _content(kind: type, media_type: str = "application/json") -> dict[str, Any]:
    return {media_type: {"schema": {"$ref": _reference(kind)}}}


def _reference(kind: type) -> str:
    return _REFERENCE.format(name=kind.__name__)


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").partition("\n")[0].rstrip(".")


def _schemas(kinds: list[type[msgspec.Struct]]) -> dict[str, Any]:
    """Return the JSON schema of each struct and of each one that it contains, by name."""
    _, schemas = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    classes: set[type] = set()
    _collect(msgspec.inspect.multi_type_info(kinds), classes)
    for kind in classes:
        schema, meanings = schemas[kind.__name__], field_docstrings(kind)
        schema["description"] = " ".join((kind.__doc__ or "").split())
        schema["properties"] = {
            field: _tidied(found, meanings.get(field))
            for field, found in schema["properties"].items()
        }
    return schemas


def _collect(info: object, classes: set[type]) -> None:
    """Add the class of every struct and dataclass in a description of types by msgspec."""
    if isinstance(info, msgspec.inspect.StructType | msgspec.inspect.DataclassType):
        if info.cls in classes:
            return
        classes.add(info.cls)
    if isinstance(info, list | tuple):
        for one in info:
            _collect(one, classes)
    elif isinstance(info, msgspec.inspect.Type | msgspec.inspect.Field):
        _collect(msgspec.structs.astuple(info), classes)


def _tidied(schema: Any, meaning: str | None = None) -> Any:
    """Return a schema as generators of clients like it.

    It has a description, the type of enumerated texts and the formats of numbers, and no default of
    null.
    """
    if isinstance(schema, list):
        return [_tidied(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _tidied(value) for key, value in schema.items()}
    if "enum" in found:
        found = {"type": "string", **found}
    if found.get("type") == "number":
        found["format"] = "double"
    if found.get("type") == "integer" and found.get("exclusiveMaximum", 0) > _INT32:
        found["format"] = "int64"
    if found.get("default", ...) is None:
        del found["default"]
    return found if meaning is None else {"description": meaning, **found}
