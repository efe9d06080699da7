"""Finds where rules of an app and Earshot's block open documents of each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from deploy.rules.evaluation import PathEvaluation
from deploy.rules.paths import Bindings, Pattern, alignments, names, pattern_text
from deploy.rules.reader import Allow, Match, Rules

_ROOT = 3
"""segments of /databases/{database}/documents"""
_ELSEWHERE = "Narrow the match, or name another place for Earshot in [earshot] of schema.toml"


@dataclass(frozen=True)
class Overlap:
    """A match of the app's that shares documents with Earshot, and one of its statements.

    `allow` is None where the match itself is for a collection of Earshot's, which the block opens.
    `methods` are those of its methods that may be allowed.
    """

    match: Match
    allow: Allow | None
    ours: tuple[Pattern, ...]
    methods: tuple[str, ...] = ()
    version: int = 2

    def __str__(self) -> str:
        """Says which line opens which documents, and how to change it."""
        paths = ", ".join(pattern_text(one[_ROOT:]) for one in self.ours)
        path = pattern_text(self.match.path[_ROOT:] or self.match.path)
        if self.allow is None:
            return (
                f"line {self.match.line}: match {path}\n"
                f"  is a place of yours, and Earshot's block would open {paths}.\n"
                f"  {_ELSEWHERE}"
            )
        return (
            f"line {self.allow.line}: allow {_short(self.allow.methods)}, in match {path},\n"
            f"  opens {paths}\n  for {_short(self.methods)}. {self._advice(self.allow)}"
        )

    def _advice(self, allow: Allow) -> str:
        conditions = [exclusion(self.match.path, one) for one in self.ours]
        if None in conditions:
            return f"No condition on the path can prevent it.\n  {_ELSEWHERE}"
        if self.version == 1 and self.match.path[-1].recursive:
            return (
                f"In version 1 of the language no condition on {self.match.path[-1]} holds for\n"
                "  lists. Match each segment up to the collection by a name of its own, like\n"
                "  {collection}/{document=**}, and let collection differ from Earshot's"
            )
        return f"Change it to:\n    {changed(allow, [one for one in conditions if one])}"


def changed(allow: Allow, conditions: Sequence[str]) -> str:
    """Returns a statement with these conditions added."""
    # A comment would hide what follows it once all is on one line.
    condition = "YOUR_CONDITION" if "//" in allow.text else " ".join(allow.text.split())
    if condition == "true":
        together = " && ".join(conditions)
    else:
        loose = "||" in condition or "?" in condition
        together = " && ".join([f"({condition})" if loose else condition, *conditions])
    return f"allow {_short(allow.methods)}: if {together};"


def _short(methods: Sequence[str]) -> str:
    """Methods as rules name them: read for get and list, write for the rest."""
    found = list(methods)
    for name, parts in {"read": ("get", "list"), "write": ("create", "update", "delete")}.items():
        if {*parts} <= {*found}:
            found = [name, *(one for one in found if one not in parts)]
    return ", ".join(sorted(found, key=lambda one: (one != "read", one != "write")))


def exclusion(theirs: Pattern, ours: Pattern) -> str | None:
    """Returns a condition on the wildcards of `theirs` that is false for `ours`.

    None if there is no such condition, because `theirs` names the literals of `ours`, or has a
    recursive wildcard before its end.
    """
    *start, last = theirs
    if any(one.recursive for one in start):
        return None
    differences = [
        f"{mine.text} != '{own.text}'"
        for mine, own in zip(start, ours, strict=False)
        if mine.wildcard and not own.wildcard
    ]
    if last.recursive:
        rest = ours[len(start) :]
        if all(one.wildcard for one in rest):
            return None if not differences else _any(differences)
        path = "".join("/[^/]+" if one.wildcard else f"/{one.text}" for one in rest[:-1])
        # The last segment may be empty: a list has none.
        differences.append(f"!string({last.text}).matches('{path}/[^/]*')")
    elif last.wildcard and not ours[-1].wildcard:
        differences.append(f"{last.text} != '{ours[-1].text}'")
    return _any(differences) if differences else None


def _any(conditions: Sequence[str]) -> str:
    return conditions[0] if len(conditions) == 1 else f"({' || '.join(conditions)})"


def find_overlaps(theirs: Rules, ours: Sequence[Pattern]) -> list[Overlap]:
    """Returns each statement of `theirs` that may allow something below a pattern of `ours`."""
    least = 0 if theirs.version == 2 else 1  # noqa: PLR2004  # the version of the language
    found = []
    for match in theirs.matches:
        shared = tuple(one for one in ours if match.allows and names(match.path, one))
        if shared:
            found.append(Overlap(match, None, shared))
        ways = {one: list(alignments(match.path, one, least=least)) for one in ours}
        for allow in match.allows:
            opened = {
                one: methods
                for one in ours
                if (methods := [name for name in allow.methods if _opens(allow, name, ways[one])])
            }
            if opened:
                together = tuple(dict.fromkeys(chain(*opened.values())))
                found.append(Overlap(match, allow, tuple(opened), together, theirs.version))
    return found


def _opens(allow: Allow, method: str, ways: Sequence[Bindings]) -> bool:
    listed = method == "list"
    return any(PathEvaluation(way, listed).may_be_true(allow.condition) for way in ways)
