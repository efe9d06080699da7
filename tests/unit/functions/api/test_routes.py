from collections.abc import Iterator
from typing import Any

import msgspec

from functions.api.routes import ROUTES


def structs(kind: Any, seen: set[type]) -> Iterator[msgspec.inspect.StructType]:
    """Every struct that a type is made of, each once."""
    if isinstance(kind, msgspec.inspect.StructType):
        if kind.cls in seen:
            return
        seen.add(kind.cls)
        yield kind
        parts = [field.type for field in kind.fields]
    else:
        parts = [getattr(kind, name, None) for name in ("item_type", "key_type", "value_type")]
        parts += [*getattr(kind, "types", ()), *getattr(kind, "item_types", ())]
    for part in parts:
        if part is not None:
            yield from structs(part, seen)


def test_every_struct_of_a_request_refuses_what_it_does_not_know() -> None:
    kinds = [one.query for route in ROUTES.values() for one in route.values()]
    kinds += [one.body for route in ROUTES.values() for one in route.values() if one.body]
    seen: set[type] = set()
    found = [one for kind in kinds for one in structs(msgspec.inspect.type_info(kind), seen)]
    assert "SentEngagement" in {one.cls.__name__ for one in found}
    assert not [one.cls.__name__ for one in found if not one.forbid_unknown_fields]
