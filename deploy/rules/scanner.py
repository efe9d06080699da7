"""Reads the text of rules from left to right, with comments and spaces skipped."""

import re

_SPACE = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)


class RulesError(ValueError):
    """Rules that cannot be understood or merged; the message says where and why."""


class Scanner:
    """A position in a text, which only moves forward."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.token_end = 0
        """the end of the last token, before spaces and comments"""
        self.skip()

    @property
    def line(self) -> int:
        """The number of the current line, from 1."""
        return self.text.count("\n", 0, self.at) + 1

    def skip(self) -> None:
        """Moves past spaces and comments."""
        if found := _SPACE.match(self.text, self.at):
            self.at = found.end()

    def take(self, pattern: str) -> str | None:
        """Returns what matches the regular expression here and moves past it; None if nothing."""
        found = re.compile(pattern).match(self.text, self.at)
        if found is None:
            return None
        self.at = self.token_end = found.end()
        self.skip()
        return found[0]

    def expect(self, pattern: str, what: str) -> str:
        """Returns what matches, as `take`. Raises `RulesError` if nothing does."""
        found = self.take(pattern)
        if found is None:
            raise self.error(f"expected {what}")
        return found

    def error(self, reason: str) -> RulesError:
        """Returns an error that names the current line and what stands there."""
        there = self.text[self.at : self.at + 20].partition("\n")[0] or "the end of the file"
        return RulesError(f"line {self.line}: {reason}, got {there}")
