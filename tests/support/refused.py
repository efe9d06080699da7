"""What the stand-in for an account refuses."""


class Refused(Exception):
    """What the vendor refuses, in the vendor's words."""
