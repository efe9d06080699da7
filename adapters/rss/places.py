"""Where feeds and lists are: addresses as people and lists write them -> URLs and paths."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit

MAX_PLACES = 20_000
"""Feeds and lists of one read."""

_USER = re.compile(r"//[^/?#]*@")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters at least: C:\ is a path
# What podcast apps register for "subscribe": feed:https://a.example/rss, itpc://a.example/rss.
_SUBSCRIBE = re.compile(r"(?:feed|itpc|pcast|podcast|itms-podcasts?):/{0,2}", re.IGNORECASE)
_WEB = re.compile(r"(https?):?//", re.IGNORECASE)
_BREAKS = re.compile(r"[\t\r\n]")


class Place(NamedTuple):
    """Where a feed or a list is."""

    address: str
    """URL without fragment, or path"""
    depth: int
    """how many lists led to it"""
    refused: str | None = None
    """why it is not even tried"""

    @property
    def is_url(self) -> bool:
        """Whether it is on the network rather than a file."""
        return _SCHEME.match(self.address) is not None

    @property
    def name(self) -> str:
        """What reports and ids call it: its address without user and password."""
        return _USER.sub("//", self.address, count=1) if self.is_url else self.address


def locate(names: Sequence[str], by: Place | None, seen: set[str]) -> list[Place]:
    """Returns the places that a list (or, without one, the caller) names, but those `seen`."""
    places = []
    for name in names:
        place = _place(_cleaned(name), by)
        as_is = place.is_url or place.refused
        key = place.address if as_is else os.path.realpath(place.address)
        if key in seen:
            continue
        if len(seen) >= MAX_PLACES:
            reason = f"with it there are more than {MAX_PLACES:,} feeds: what follows is not read"
            places.append(place._replace(refused=reason))
            break
        seen.add(key)
        places.append(place)
    return places


def _cleaned(name: str) -> str:
    """Returns an address without line breaks, and with the scheme that it is fetched by."""
    name = _BREAKS.sub("", name.strip())
    subscribe = _SUBSCRIBE.match(name)
    if subscribe is None:
        return name
    rest = name[subscribe.end() :]
    web = _WEB.match(rest)
    return f"{web[1].lower()}://{rest[web.end() :]}" if web else f"http://{rest}"


def _place(name: str, by: Place | None) -> Place:
    depth = by.depth + 1 if by else 0
    try:
        # Joining to the list's URL keeps a list from the network away from our files.
        address = urljoin(by.address, name) if by and by.is_url else name
        if not _SCHEME.match(address):
            folder = Path(by.address).parent if by else Path()
            os.path.realpath(folder / name)  # ValueError for what no path can hold
            return Place(str(folder / name), depth)
        parts = urlsplit(urldefrag(address)[0])
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return Place(address, depth, "only http, https and paths of files can be read")
        user, at, host = parts.netloc.rpartition("@")
        return Place(parts._replace(netloc=user + at + host.lower()).geturl(), depth)
    except ValueError as error:
        return Place(name, depth, f"neither URL nor path: {error}")
