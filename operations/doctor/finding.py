"""Findings: the result of one check, and the remedy for a problem."""

from typing import Literal

import msgspec

Status = Literal["ok", "warn", "fail"]

CHECKS = {
    "settings": "every setting can be used",
    "cloud": "no setting is for local use only",
    "shelf": "the shelf can be read, and points at a snapshot",
    "snapshot": "the current snapshot is sound",
    "age": "the schedule has looked for changes lately",
    "vectors": "most episodes have a vector",
    "memory": "the next snapshot fits beside this one",
    "store": "users can be read",
    "index": "engagements can be listed by their time",
    "documents": "documents of users are understood, by the schema if there is one",
    "write": "an engagement can be written, and removed again (`--write`)",
    "identity": "Google's keys, which verify tokens, can be fetched",
    "search": "Pinecone answers, with vectors of the catalog's dimension",
    "api": "a function answers at `--url`, with a catalog",
    "session": "the function answers an anonymous session with episodes",
    "private": "the function at `--publish-url` refuses unauthenticated calls",
}
"""what each check makes sure of, in the order in which they run"""


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result of one of the doctor's checks, and a remedy if it found a problem."""

    check: str
    status: Status = "ok"
    detail: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{self.status:<5}{self.check:<10}{self.detail}"
        return f"{line}\n{'':<15}→ {self.remedy}" if self.remedy else line


def ok(check: str, detail: str) -> Finding:
    """Return the finding of a check without a problem."""
    return Finding(check=check, detail=detail)


def warn(check: str, detail: str, remedy: str) -> Finding:
    """Return the finding of a check that works, but badly or not for long."""
    return Finding(check=check, status="warn", detail=detail, remedy=remedy)


def fail(check: str, detail: str, remedy: str) -> Finding:
    """Return the finding of a check that fails."""
    return Finding(check=check, status="fail", detail=detail, remedy=remedy)
