"""What the docstrings below the fields of a class say, for documents that are made of the code."""

import ast
import inspect


def field_docstrings(kind: type) -> dict[str, str]:
    """Return the docstring of each documented field of a class and its bases, on one line."""
    found: dict[str, str] = {}
    for one in reversed([base for base in kind.__mro__ if "__annotations__" in vars(base)]):
        (definition,) = ast.parse(inspect.getsource(one)).body
        assert isinstance(definition, ast.ClassDef)  # noqa: S101  # for the type checker
        for field, text in zip(definition.body, definition.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
                meaning = " ".join(str(ast.literal_eval(text.value)).split())
                found[ast.unparse(field.target)] = meaning
    return found
