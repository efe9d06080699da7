"""Ids of episodes: what a feed calls an episode (its guid), and the id that is made of it.

Listeners' histories hang on these ids: what a guid becomes may never change.
"""

import hashlib
import re

from feed.model.episode import MAX_ID_BYTES

MAX_GUID_CHARS = 500

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_GLOBAL = re.compile(rf"https?://.|tag:.|urn:.|{UUID.pattern}$", re.IGNORECASE)
_LOCAL = re.compile(r"[0-9a-f]{12}:(.+)", re.DOTALL)


def episode_id(guid: str, feed_url: str) -> str:
    """Returns a guid that is unique in the world, or else `<hash of the feed's URL>:<guid>`.

    At most `MAX_ID_BYTES` in UTF-8: a guid that is too long for that is replaced by its hash.
    """
    if len(guid) > MAX_GUID_CHARS:
        guid = short_hash(guid)
    name = guid if _GLOBAL.match(guid) else f"{short_hash(feed_url)}:{guid}"
    if len(name.encode()) > MAX_ID_BYTES:
        name = f"{short_hash(feed_url)}:{short_hash(guid)}"
    return name


def guid_of(name: str) -> str:
    """Returns the guid that an id was made of, or its hash where the guid was too long."""
    local = _LOCAL.fullmatch(name)
    return local[1] if local else name


def short_hash(text: str) -> str:
    """Returns 48 bits in hexadecimal: no two of a million texts have the same."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
