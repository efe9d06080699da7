"""Ids of episodes: what a feed calls an episode (its guid), and the id that is made of it."""

import re

_LOCAL = re.compile(r"[0-9a-f]{12}:(.+)", re.DOTALL)


def guid_of(name: str) -> str:
    """Returns the guid that an id was made of, or its hash where the guid was too long."""
    local = _LOCAL.fullmatch(name)
    return local[1] if local else name
