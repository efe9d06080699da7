"""Makes the ids of episodes from the guids that feeds give them.

Listeners' histories refer to these ids, so the id made of a guid must never change.
"""

import hashlib
import re

from feed.model.episode import MAX_ID_BYTES

MAX_GUID_CHARS = 500

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_GLOBAL = re.compile(rf"https?://.|tag:.|urn:.|{UUID.pattern}$", re.IGNORECASE)
_LOCAL = re.compile(r"[0-9a-f]{12}:(.+)", re.DOTALL)


def episode_id(guid: str, feed_url: str) -> str:
    """The id of an episode: its guid if that is globally unique, else `<hash of feed_url>:<guid>`.

    A guid is globally unique if it is a URL, a URN, a tag URI or a UUID. The id has at most
    `MAX_ID_BYTES` in UTF-8: a guid that is too long is replaced by its hash.
    """
    if len(guid) > MAX_GUID_CHARS:
        guid = short_hash(guid)
    name = guid if _GLOBAL.match(guid) else f"{short_hash(feed_url)}:{guid}"
    if len(name.encode()) > MAX_ID_BYTES:
        name = f"{short_hash(feed_url)}:{short_hash(guid)}"
    return name


def guid_from_id(episode_id: str) -> str:
    """The guid that an id was made from, or its hash where the guid was too long."""
    local = _LOCAL.fullmatch(episode_id)
    return local[1] if local else episode_id


def short_hash(text: str) -> str:
    """The first 48 bits of the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
