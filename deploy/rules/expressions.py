"""Reads conditions of rules, as far as it takes to know which names and literals they compare."""

from dataclasses import dataclass

from deploy.rules.scanner import Scanner

NAME = r"[A-Za-z_]\w*"
_STRING = r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\""
_NUMBER = r"0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?"
_BINARY = (
    r"\|\|",
    r"&&",
    r"[=!]=|<=|>=|<|>|(?:in|is)\b",
    r"[+-]",
    r"[*/%]",
)
"""Binary operators, from the loosest to the tightest."""


@dataclass(frozen=True)
class Expression:
    """A node of a condition: its operator, or what kind of operand it is.

    `text` is the value of a literal or the name of a variable or member; all else is in `parts`.
    """

    kind: str
    text: str = ""
    parts: tuple["Expression", ...] = ()


TRUE = Expression("bool", "true")


def read_expression(scanner: Scanner) -> Expression:
    """Returns the expression at the scanner, which moves past it. Raises `RulesError`."""
    condition = _binary(scanner, 0)
    if not scanner.take(r"\?"):
        return condition
    then = read_expression(scanner)
    scanner.expect(":", "':' of a choice")
    return Expression("?", parts=(condition, then, read_expression(scanner)))


def _binary(scanner: Scanner, level: int) -> Expression:
    if level == len(_BINARY):
        return _unary(scanner)
    left = _binary(scanner, level + 1)
    while operator := scanner.take(_BINARY[level]):
        left = Expression(operator, parts=(left, _binary(scanner, level + 1)))
    return left


def _unary(scanner: Scanner) -> Expression:
    if operator := scanner.take(r"!(?!=)|-"):
        return Expression(operator, parts=(_unary(scanner),))
    return _postfix(scanner)


def _postfix(scanner: Scanner) -> Expression:
    found = _primary(scanner)
    while operator := scanner.take(r"[.(\[]"):
        if operator == ".":
            found = Expression("member", scanner.expect(NAME, "the name of a member"), (found,))
        elif operator == "(":
            found = Expression("call", parts=(found, *_list(scanner, r"\)")))
        else:
            index = read_expression(scanner)
            if scanner.take(":"):
                found = Expression("slice", parts=(found, index, read_expression(scanner)))
            else:
                found = Expression("index", parts=(found, index))
            scanner.expect(r"\]", "]")
    return found


def _primary(scanner: Scanner) -> Expression:  # noqa: PLR0911  # one for each kind
    if string := scanner.take(_STRING):
        return Expression("escaped" if "\\" in string else "string", string[1:-1])
    if number := scanner.take(_NUMBER):
        return Expression("number", number)
    if name := scanner.take(NAME):
        return Expression("bool" if name in {"true", "false"} else "name", name)
    if scanner.take(r"\("):
        inner = read_expression(scanner)
        scanner.expect(r"\)", ")")
        return inner
    if scanner.take(r"\["):
        return Expression("list", parts=_list(scanner, r"\]"))
    if scanner.take(r"\{"):
        return Expression("map", parts=_list(scanner, r"\}", pairs=True))
    if scanner.take("/"):
        return _path(scanner)
    raise scanner.error("expected a condition")


def _list(scanner: Scanner, end: str, *, pairs: bool = False) -> tuple[Expression, ...]:
    found: list[Expression] = []
    while not scanner.take(end):
        found.append(read_expression(scanner))
        if pairs:
            scanner.expect(":", "':' of a map")
            found.append(read_expression(scanner))
        if not scanner.take(","):
            scanner.expect(end, "a comma or the end of the list")
            break
    return tuple(found)


def _path(scanner: Scanner) -> Expression:
    """The rest of a path like `/databases/$(database)/documents/users/$(uid)`."""
    parts: list[Expression] = []
    while True:
        if scanner.take(r"\$\("):
            parts.append(read_expression(scanner))
            scanner.expect(r"\)", ")")
        else:
            segment = scanner.expect(r"\(default\)|[\w%~-]+", "a segment of a path")
            parts.append(Expression("string", segment))
        if not scanner.take("/"):
            return Expression("path", parts=tuple(parts))
