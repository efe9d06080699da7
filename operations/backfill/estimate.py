"""Estimates the cost of a backfill."""

from operations.passes.cost import Spending


def estimate(users: int, engagements: int, sources: int) -> Spending:
    """The documents read and written for users without a summary, with so many engagements.

    For each user: the id, a look for any engagement and the engagements themselves, each in every
    source; the summary; the profile twice; the summary written with the mark `incomplete` and
    without. Engagements are read once.
    """
    one = sources == 1
    look = 2 if one else 2 * sources + 1
    rest = 0 if one else sources + 1
    return Spending(users * (sources + look + rest + 1 + 2) + engagements, 2 * users)
