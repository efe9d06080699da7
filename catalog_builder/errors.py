"""What makes a build or a publication stop, said to the person who started it."""


class CommandError(Exception):
    """The builder will not do that; the message says why and what would help."""


class Superseded(CommandError):
    """Somebody else published meanwhile: nothing is wrong with what was built."""
