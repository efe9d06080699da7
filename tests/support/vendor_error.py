"""The error of the fake cloud."""


class VendorError(Exception):
    """The vendor refuses a call; the message is in the vendor's words."""
