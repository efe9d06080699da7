"""Resolves the URLs and paths of feeds, as people and lists write them."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit

MAX_INPUTS = 20_000
"""feeds and lists of one build"""

_USER = re.compile(r"//[^/?#]*@")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters at least: C:\ is a path
# What podcast apps register for "subscribe": feed:https://a.example/rss, itpc://a.example/rss.
_SUBSCRIBE = re.compile(r"(?:feed|itpc|pcast|podcast|itms-podcasts?):/{0,2}", re.IGNORECASE)
_WEB = re.compile(r"(https?):?//", re.IGNORECASE)
_BREAKS = re.compile(r"[\t\r\n]")


class FeedInput(NamedTuple):
    """A feed or a list to be read."""

    location: str
    """URL without fragment, or path"""
    depth: int
    """number of lists that led to it"""
    refusal: str | None = None
    """why it is not read; None: it is"""

    @property
    def is_url(self) -> bool:
        """Whether the location is a URL rather than a path."""
        return _SCHEME.match(self.location) is not None

    @property
    def name(self) -> str:
        """The location without user and password, for reports and ids."""
        return _USER.sub("//", self.location, count=1) if self.is_url else self.location


def resolve_inputs(
    locations: Sequence[str], parent: FeedInput | None, seen: set[str]
) -> list[FeedInput]:
    """The inputs at some locations, without those in `seen`; adds them to `seen`.

    Args:
        locations: URLs and paths, as they are written.
        parent: The list that names them; None for those of the caller.
        seen: Keys of the inputs of this build so far, at most `MAX_INPUTS`.
    """
    inputs = []
    for location in locations:
        one = _resolve(_normalize(location), parent)
        is_path = not (one.is_url or one.refusal)
        key = os.path.realpath(one.location) if is_path else one.location
        if key in seen:
            continue
        if len(seen) >= MAX_INPUTS:
            reason = f"with it there are more than {MAX_INPUTS:,} feeds: what follows is not read"
            inputs.append(one._replace(refusal=reason))
            break
        seen.add(key)
        inputs.append(one)
    return inputs


def _normalize(location: str) -> str:
    """A location without line breaks, with http or https in place of a subscription scheme."""
    location = _BREAKS.sub("", location.strip())
    subscribe = _SUBSCRIBE.match(location)
    if subscribe is None:
        return location
    rest = location[subscribe.end() :]
    web = _WEB.match(rest)
    return f"{web[1].lower()}://{rest[web.end() :]}" if web else f"http://{rest}"


def _resolve(location: str, parent: FeedInput | None) -> FeedInput:
    depth = parent.depth + 1 if parent else 0
    try:
        # Joined to the URL of its list, a location in a remote list cannot name a local file.
        address = urljoin(parent.location, location) if parent and parent.is_url else location
        if not _SCHEME.match(address):
            folder = Path(parent.location).parent if parent else Path()
            os.path.realpath(folder / location)  # ValueError for what no path can hold
            return FeedInput(str(folder / location), depth)
        parts = urlsplit(urldefrag(address)[0])
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return FeedInput(address, depth, "only http, https and paths of files can be read")
        user, at, host = parts.netloc.rpartition("@")
        return FeedInput(parts._replace(netloc=user + at + host.lower()).geturl(), depth)
    except ValueError as error:
        return FeedInput(location, depth, f"neither URL nor path: {error}")
