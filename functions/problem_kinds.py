"""Every kind of problem that the API answers (RFC 9457), with its statuses and what to do."""

from typing import NamedTuple

import msgspec

PREFIX = "urn:earshot:problem:"
"""of a problem's `type`, before its kind"""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An error answer (RFC 9457). Decide by `type`; the wording of the texts may change."""

    type: str
    """`urn:earshot:problem:` and the kind of problem"""
    title: str
    status: int
    """the HTTP status"""
    detail: str
    """what went wrong"""
    field: str | msgspec.UnsetType = msgspec.UNSET
    """the field, query parameter or header that is at fault"""
    expected: str | msgspec.UnsetType = msgspec.UNSET
    """what the field should hold"""


class Kind(NamedTuple):
    """What is known of one kind of problem."""

    statuses: tuple[int, ...]
    advice: str
    """what the caller does about it, in Markdown"""


_RETRY = "try again after `Retry-After` seconds"
_RATE_LIMIT = "https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/10/"

KINDS = {
    "malformed-json": Kind((400,), "send one JSON object"),
    "invalid-field": Kind((400,), "see `field` and `expected`; unknown fields are refused, too"),
    "invalid-cursor": Kind((400,), "send `next_cursor` unchanged"),
    "cursor-expired": Kind((410,), "create a new session"),
    "seed-expired": Kind((410,), "send the photo again"),
    "not-signed-in": Kind((401,), "see `expected`"),
    "not-accepted": Kind((401,), "see `expected`"),
    "invalid-token": Kind((401,), "get a new ID token"),
    "identity-unavailable": Kind((503,), f"tokens cannot be verified just now: {_RETRY}"),
    "admins-only": Kind((403,), "sign in as a user with the claim `admin: true`"),
    "not-your-user": Kind((401, 403), "leave `user_id` out"),
    "not-found": Kind((404,), "there is nothing with this id, or at this address"),
    "method-not-allowed": Kind((405,), "see `Allow`"),
    "too-large": Kind((413,), "send at most 256 KB, or a photo of 8 MB"),
    "too-slow": Kind((408,), "send the body within 10 s, or a photo within 30 s"),
    "too-many-requests": Kind(
        (429,),
        f"{_RETRY}; `RateLimit-Policy` and `RateLimit` "
        f"([draft-ietf-httpapi-ratelimit-headers-10]({_RATE_LIMIT})) name the limit",
    ),
    "already-answering": Kind(
        (409,), "wait until the answer before has ended, or hang up on it, then ask again"
    ),
    "overloaded": Kind((503,), _RETRY),
    "no-catalog": Kind((503,), _RETRY),
    "transcript-unavailable": Kind((503,), f"play the episode without it meanwhile: {_RETRY}"),
    "notes-unavailable": Kind((503,), f"the card has a description meanwhile: {_RETRY}"),
    "not-storable": Kind(
        (422,),
        "the store can never take this (or may not delete it, since the app keeps it): "
        "do not send it again",
    ),
    "store-unavailable": Kind((503,), "nothing was saved: try again, with the same `id`"),
    "internal-error": Kind((500,), "report it"),
}
