"""Inserts Earshot's block into the rules of an app, or replaces it there."""

import re
from collections import Counter
from dataclasses import dataclass

from deploy.rules.block import (
    Locations,
    documents_match,
    earshot_rules,
    own_patterns,
    split_block,
)
from deploy.rules.overlaps import Overlap, find_overlaps
from deploy.rules.paths import pattern_text
from deploy.rules.reader import Match, Rules, read_rules
from deploy.rules.scanner import RulesError

_EARLIER = {"/users/{uid}", "/users/{uid}/engagements/{id}", "/users/{uid}/summaries/engagement"}
"""Patterns of Earshot's rules before they had marks."""
_TRIAL = re.compile(r"false|request\.time\s*<\s*timestamp\.date\([\d, ]*\)")
"""Conditions of the rules that a new database comes with."""


@dataclass(frozen=True)
class Merged:
    """Rules to deploy, and where an app's and Earshot's open documents of each other."""

    text: str
    overlaps: list[Overlap]


def merge_rules(theirs: str, template: str, locations: Locations) -> Merged:
    """Returns the rules `theirs` with Earshot's block, everything else byte for byte as it was.

    Rules of a new database, and those of an earlier version of Earshot alone, are replaced as a
    whole. Raises `RulesError` for rules that cannot be understood or have no place for the block.
    """
    ours = earshot_rules(template, locations)
    rest, earlier = split_block(theirs)
    # Blank lines in place of the block, so that errors name the lines of `theirs`.
    rules = read_rules(theirs.replace(earlier, "\n" * earlier.count("\n")) if earlier else theirs)
    if not earlier and (not rest.strip() or _is_new(rules) or _is_earlier(rest, rules)):
        return Merged(ours, [])
    _, block = split_block(ours)
    merged = theirs.replace(earlier, block) if earlier else _insert(rest, block)
    _check_names(rest, ours)
    _check_place(merged, rest, ours)
    return Merged(merged, find_overlaps(rules, own_patterns(ours, locations)))


def _insert(text: str, block: str) -> str:
    end = documents_match(text).end
    before, after = text[:end].rstrip(" \t"), text[end:]
    indent = text[len(before) : end]
    return f"{before}{'' if before.endswith(chr(10)) else chr(10)}\n{block}{indent}{after}"


def _is_new(rules: Rules) -> bool:
    """Whether these are the rules of a new database: nothing is allowed, or all until a date."""
    opened = [match for match in rules.matches if match.allows or match.functions]
    return bool(opened) and all(
        not match.functions
        and re.fullmatch(r"/\{\w+=\*\*\}", pattern_text(match.path[3:]))
        and all(_TRIAL.fullmatch(allow.text) for allow in match.allows)
        for match in opened
    )


def _is_earlier(text: str, rules: Rules) -> bool:
    """Whether these are rules of Earshot from before they had marks, and nothing else."""
    if "Rules of Earshot" not in text:
        return False
    paths = {match.line: pattern_text(match.path[3:]) for match in rules.matches if match.allows}
    if others := {line: path for line, path in paths.items() if path not in _EARLIER}:
        line, path = next(iter(others.items()))
        raise RulesError(
            f"line {line}: match {path} stands among rules of an earlier Earshot. Delete Earshot's"
            " own matches and functions there, and its first comment"
        )
    return True


def _check_names(rest: str, ours: str) -> None:
    """Refuses functions of the app that have the name of one of the block's."""
    reserved = {*documents_match(ours).functions}
    if taken := reserved & {*documents_match(rest).functions}:
        raise RulesError(f"functions of yours have names of Earshot's: {', '.join(sorted(taken))}")


def _check_place(merged: str, rest: str, ours: str) -> None:
    """Refuses a merge in which another match exists, or has moved, than those of both parts."""
    found, expected = (
        Counter(_signature(match) for text in texts for match in read_rules(text).matches)
        for texts in ([merged], [rest, ours])
    )
    if {*expected} - {*found} or {*found} - {*expected}:
        raise RulesError(
            "Earshot's block stands elsewhere than in match /databases/{database}/documents"
        )


def _signature(match: Match) -> tuple[str, ...]:
    allows = (f"{allow.methods} {allow.text}" for allow in match.allows)
    return (re.sub(r"\{\w+", "{", pattern_text(match.path)), *allows)
