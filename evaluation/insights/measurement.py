"""Measures the alarms of quiet days, and the days until a planted burst is found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betainc

from catalog_builder.insights.counts import SPAN_DAYS, WINDOWS_DAYS
from catalog_builder.insights.trends import MIN_MOMENTUM, RATE, discoveries, find_rises
from catalog_builder.signals.aggregates import MIN_USERS
from evaluation.insights.simulation import Burst, Choices, World, names_of, simulate

EARLIER = SPAN_DAYS - 1
"""days of a world before the first that is measured"""
FACTORS = (2, 3, 5, 10)
"""how many times as often a name in a burst is chosen"""
BURST_DAYS = 7
EACH = 3
"""bursts that begin on the same day"""
EVERY = 14
"""days from the beginning of some bursts to that of the next"""
MIN_CHOICES, MAX_CHOICES = 2.0, 60.0
"""of a name in a burst, on a quiet day"""


@dataclass(frozen=True)
class QuietDays:
    """What was found on days on which nothing was planted."""

    days: int
    alarms: int
    """days with a p-value that the test rejects"""
    shown: int
    """days on which something would be shown as rising"""


@dataclass(frozen=True)
class Delay:
    """After how many days a burst was found, and would have been by who knows it; None: never."""

    found: int | None
    known: int | None
    """first day on which the choices since the burst began are significant for who knows the name
    and that day: by the exact conditional test against the same days of the four weeks before, at
    `RATE` / number of hypotheses"""


def quiet_days(world: World, days: int = 100) -> QuietDays:
    """Builds at the end of each of so many quiet days, and counts those with an alarm."""
    choices = simulate(world, EARLIER + days)
    alarms = shown = 0
    for day in range(EARLIER, EARLIER + days):
        rejected, rising = _found(world, choices, day)
        alarms += bool(rejected.any())
        shown += bool(rising.any())
    return QuietDays(days, alarms, shown)


def burst_delays(world: World, factor: float, days: int = 100) -> list[Delay]:
    """Plants bursts of names that are chosen `factor` times as often, and looks for each."""
    bursts = tuple(_bursts(world, factor, days))
    choices = simulate(world, EARLIER + days, bursts)
    found: dict[int, int] = {}
    for day in range(EARLIER, EARLIER + days):
        _, rising = _found(world, choices, day)
        for burst in bursts:
            lasts = burst.first_day <= day < burst.first_day + burst.days
            if lasts and rising[burst.name]:
                found.setdefault(burst.name, day - burst.first_day)
    return [Delay(found.get(one.name), _known(world, choices, one)) for one in bursts]


def summary(delays: Sequence[Delay]) -> list[str]:
    """Returns the shares of bursts found on their first day, by the third, and in a week.

    Then, of those that are `known` to be significant some day, the shares that are found by that
    day, and by the next.
    """
    count = len(delays)
    shares = [
        sum(one.found is not None and one.found <= last for one in delays) / count
        for last in (0, 2, BURST_DAYS - 1)
    ]
    known = [one for one in delays if one.known is not None]
    soon = sum(one.found is not None and one.found <= (one.known or 0) + 1 for one in known)
    at_once = sum(one.found is not None and one.found <= (one.known or 0) for one in known)
    return [
        *(f"{share:.0%}" for share in shares),
        f"{at_once / max(1, len(known)):.0%}",
        f"{soon / max(1, len(known)):.0%}",
    ]


def _found(
    world: World, choices: Choices, day: int
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """(I,) which names the test rejects at the end of a day, and which of them are shown."""
    names = names_of(world)
    windows = choices.counts(names, day).windows
    rises = find_rises(windows, names.kinds, MIN_USERS)
    rejected = discoveries(rises.p_values)
    shown = rejected & (rises.momentum >= MIN_MOMENTUM) & (windows[:, :, 0] >= MIN_USERS)
    return np.any(rejected, axis=1), np.any(shown, axis=1)


def _bursts(world: World, factor: float, days: int) -> Iterator[Burst]:
    """Bursts of different names, several at a time."""
    expected = world.expected(EARLIER)
    usual = np.flatnonzero((expected >= MIN_CHOICES) & (expected <= MAX_CHOICES))
    names = iter(np.random.default_rng((world.seed, 3)).permutation(usual).tolist())
    for first_day in range(EARLIER, EARLIER + days - BURST_DAYS, EVERY):
        for _, name in zip(range(EACH), names, strict=False):
            yield Burst(name, first_day, BURST_DAYS, factor)


def _known(world: World, choices: Choices, burst: Burst) -> int | None:
    begin = burst.first_day
    for last in range(begin, begin + burst.days):
        counts = []
        for names in (choices.names == burst.name, choices.names >= 0):
            days = choices.days[names]
            counts += [
                sum(
                    np.count_nonzero((days >= first) & (days <= first + last - begin))
                    for first in some
                )
                for some in ([begin], range(begin - 28, begin, 7))
            ]
        now, before, all_now, all_before = counts
        share = all_now / (all_now + all_before)
        if betainc(max(now, 1e-9), before + 1, share) <= RATE / (world.names * len(WINDOWS_DAYS)):
            return last - begin
    return None
