"""Errors that stop a build, a publication or another command."""


class CommandError(Exception):
    """A command cannot do what was asked; the message says why and what would help."""


class Superseded(CommandError):
    """Another build was published in the meantime; the catalog itself is sound."""
