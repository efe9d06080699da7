"""A finding: one check, how it ended, and what would help."""

from typing import Literal

import msgspec

Status = Literal["ok", "warn", "fail"]

CHECKS = {
    "settings": "every setting can be used",
    "cloud": "no setting is for local use only",
    "shelf": "the shelf can be read, and points at a snapshot",
    "snapshot": "the current snapshot is sound",
    "age": "the snapshot is not older than the interval of builds",
    "vectors": "most episodes have a vector",
    "memory": "the next snapshot fits beside this one",
    "store": "users can be read",
    "index": "engagements can be listed by their time",
    "write": "an engagement can be written, and removed again (`--write`)",
    "identity": "Google's keys, which verify tokens, can be fetched",
    "search": "Pinecone answers, with vectors of the catalog's dimension",
    "api": "a function answers at `--url`, with a catalog",
    "session": "it answers an anonymous session with episodes",
    "private": "the function at `--publish-url` refuses strangers",
}
"""Every check, in the order in which they are made, and what it makes sure of."""


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one check ended."""

    check: str
    status: Status = "ok"
    detail: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{self.status:<5}{self.check:<10}{self.detail}"
        return f"{line}\n{'':<15}→ {self.remedy}" if self.remedy else line


def ok(check: str, detail: str) -> Finding:
    """Nothing is to be done."""
    return Finding(check=check, detail=detail)


def warn(check: str, detail: str, remedy: str) -> Finding:
    """It works, and not for long, or not well."""
    return Finding(check=check, status="warn", detail=detail, remedy=remedy)


def fail(check: str, detail: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(check=check, status="fail", detail=detail, remedy=remedy)
