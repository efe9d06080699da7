"""Online report: each scenario and each arm by its metrics, and the differences between arms."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from catalog_builder.errors import CommandError
from evaluation.online.estimates import (
    Estimate,
    difference,
    group_counts,
    holm,
    jackknife,
    medians,
    rarefied,
    sample_ratio,
    share,
)
from evaluation.online.exposures import Exposures
from evaluation.online.metrics import ABOUT, METRICS, PER_SESSION, Share
from feed.arrays.arrays import BoolArray, IntArray

FALSE_ALARMS = 0.05
"""Chance that a difference of a primary metric is reported where there is none."""
MAX_AGE_DAYS = 3650
POSITIONS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 21, 51)
"""first position of each row of positions"""


@dataclass(frozen=True)
class Group:
    """The exposures of one scenario, or of one arm of an experiment."""

    name: str
    users: int
    sessions: int
    shown: int
    metrics: Mapping[str, Estimate]
    by_position: Mapping[str, Mapping[str, Estimate]]
    """by positions such as `11-20`: metrics by name"""
    by_source: Mapping[str, Mapping[str, Estimate]]
    by_shelf: Mapping[str, Mapping[str, Estimate]]


@dataclass(frozen=True)
class Compared:
    """The difference between an arm and the control arm."""

    arm: str
    metric: str
    is_primary: bool
    control: Estimate
    difference: Estimate
    p: float
    """adjusted, for the arms of a primary metric, or for all comparisons that are exploratory"""
    differs: bool
    """whether the difference is called one"""


@dataclass(frozen=True)
class ExperimentReport:
    """An experiment: its arms, whether users are split as they should be, and the differences."""

    name: str
    control: str
    primary: Sequence[str]
    arms: Sequence[Group]
    weights: Mapping[str, float]
    """by arm; empty where they are not known"""
    sample_ratio_p: float
    """NaN without weights"""
    in_several_arms: int
    """number of users that are left out, because they had sessions in several arms"""
    compared: Sequence[Compared]


@dataclass(frozen=True)
class OnlineReport:
    """What a log says."""

    counts: Mapping[str, int]
    """what was read, and what could not be used"""
    scenarios: Sequence[Group]
    experiments: Sequence[ExperimentReport]
    about: Mapping[str, str] = field(default_factory=lambda: dict(ABOUT))


@dataclass(frozen=True)
class Plan:
    """How the arms of an experiment are to be compared."""

    weights: Mapping[str, float] = field(default_factory=dict)
    """by arm; empty: the shares of users are not checked"""
    control: str | None = None
    """None: the first arm of `weights`, or by name"""
    primary: Sequence[str] = ("click_through",)


def report(exposures: Exposures, plans: Mapping[str, Plan], plan: Plan) -> OnlineReport:
    """Compute every number of the report.

    `plans` are those of experiments by name, and `plan` is that of all others.

    Raises:
        CommandError: an experiment has no arm of the control's name, or none to compare.
    """
    sessions = exposures.sessions
    scenario = sessions.scenario[exposures.session]
    numbers = np.unique(scenario).tolist()
    masks = {sessions.scenarios[one]: scenario == one for one in numbers}
    names = sorted({name for name, _ in sessions.arms})
    return OnlineReport(
        counts=dict(exposures.counts),
        scenarios=[
            group(exposures, name, mask, int(mask.sum())) for name, mask in sorted(masks.items())
        ],
        experiments=[experiment(exposures, name, plans.get(name, plan)) for name in names],
    )


def experiment(exposures: Exposures, name: str, plan: Plan) -> ExperimentReport:
    """The report of one experiment. Raises `CommandError`, as `report` does."""
    arms, several = _arms(exposures, name)
    if not arms:
        raise CommandError(f"{name}: every user had sessions in several arms")
    found = [*plan.weights, *(arm for arm in sorted(arms) if arm not in plan.weights)]
    control = plan.control or found[0]
    if control not in arms:
        named = ", ".join(sorted(arms))
        raise CommandError(f"{name}: expected a control arm with sessions ({named}), got {control}")
    draws = common_draws(exposures, arms.values())
    groups = {arm: group(exposures, arm, arms[arm], draws) for arm in found if arm in arms}
    users = {arm: one.users for arm, one in groups.items()}
    return ExperimentReport(
        name=name,
        control=control,
        primary=tuple(plan.primary),
        arms=list(groups.values()),
        weights=plan.weights,
        sample_ratio_p=sample_ratio(users, plan.weights) if plan.weights else math.nan,
        in_several_arms=several,
        compared=compare(
            {name: one.metrics for name, one in groups.items()}, control, plan.primary
        ),
    )


def _arms(exposures: Exposures, name: str) -> tuple[dict[str, BoolArray], int]:
    """By arm: (n,) its exposures; and how many users are left out, since they are in several."""
    sessions = exposures.sessions
    numbers = {arm: at for at, (one, arm) in enumerate(sessions.arms) if one == name}
    is_in = {arm: sessions.arm == at for arm, at in numbers.items()}
    users = int(sessions.user.max(initial=-1)) + 1
    times = sum(np.bincount(sessions.user[one], minlength=users) > 0 for one in is_in.values())
    only = (np.asarray(times) == 1)[sessions.user]
    masks = {arm: (one & only)[exposures.session] for arm, one in is_in.items()}
    several = int((np.asarray(times) > 1).sum())
    return {arm: mask for arm, mask in masks.items() if mask.any()}, several


def compare(
    arms: Mapping[str, Mapping[str, Estimate]], control: str, primary: Sequence[str]
) -> list[Compared]:
    """The differences of all arms to the control arm, for primary metrics first.

    `arms` are the metrics by name, by arm. P-values are adjusted (Holm) over the arms within each
    primary metric, and over everything else together. So a difference of a primary metric is
    reported in at most `FALSE_ALARMS` of the experiments without one, and so is any difference
    of all other metrics together.
    """
    others = [arm for arm in arms if arm != control]
    rest = [name for name in arms[control] if name not in primary]
    families = [*([name] for name in primary), rest]
    found = []
    for family in families:
        pairs = [(arm, name) for name in family for arm in others]
        differences = [difference(arms[arm][name], arms[control][name]) for arm, name in pairs]
        adjusted = holm([one.p for one in differences])
        for (arm, name), one, p in zip(pairs, differences, adjusted, strict=True):
            is_primary, differs = name in primary, p < FALSE_ALARMS
            controls = arms[control][name]
            found.append(Compared(arm, name, is_primary, controls, one.estimate, p, differs))
    return found


def group(exposures: Exposures, name: str, where: BoolArray, draws: int) -> Group:
    """One group of exposures; its coverage is that of `draws` exposures."""
    unit = exposures.sessions.user[exposures.session]
    shares = {name: of(exposures) for name, of in METRICS.items()}
    each = {name: one for name, one in shares.items() if name not in PER_SESSION}
    edges = np.searchsorted(POSITIONS, exposures.position, "right") - 1
    shelf = exposures.shelf
    return Group(
        name=name,
        users=len(np.unique(unit[where])),
        sessions=len(np.unique(exposures.session[where])),
        shown=int(where.sum()),
        metrics=metrics(exposures, shares, where, draws),
        by_position={
            _range(at): _shares(each, unit, where & (edges == at))
            for at in np.unique(edges[where]).tolist()
        },
        by_source={
            source: _shares(each, unit, where & in_source)
            for source, in_source in _by_source(exposures, where)
        },
        by_shelf={
            exposures.shelves[at]: _shares(each, unit, where & (shelf == at))
            for at in np.unique(shelf[where]).tolist()
            if exposures.shelves[at]
        },
    )


def common_draws(exposures: Exposures, masks: Iterable[BoolArray]) -> int:
    """How many exposures each of several groups has, also without the most active users.

    That is without any group of users that the jackknife leaves out.
    """
    unit, one = exposures.sessions.user[exposures.session], np.zeros(len(exposures), np.int64)
    tables = [group_counts(one, unit, 1, mask) for mask in masks]
    return max(1, min(int(table.sum() - table.max()) for table in tables))


def metrics(
    exposures: Exposures, shares: Mapping[str, Share], where: BoolArray, draws: int
) -> dict[str, Estimate]:
    """Every metric of the exposures where `where` (n,) is true, by name."""
    unit = exposures.sessions.user[exposures.session]
    return {
        **_shares(shares, unit, where),
        "coverage": _coverage(exposures, unit, where, draws),
        "freshness_days": _freshness(exposures, unit, where),
    }


def _shares(shares: Mapping[str, Share], unit: IntArray, where: BoolArray) -> dict[str, Estimate]:
    return {name: share(one, unit, where) for name, one in shares.items()}


def _by_source(exposures: Exposures, where: BoolArray) -> list[tuple[str, BoolArray]]:
    """Each source with (n,) whether it proposed each exposure, the largest first."""
    names = sorted({name for one in exposures.source_sets for name in one})
    found = []
    for name in names:
        has = np.array([name in one for one in exposures.source_sets], np.bool_)
        mask = has[exposures.sources]
        if (mask & where).any():
            found.append((name, mask))
    return sorted(found, key=lambda one: -int((one[1] & where).sum()))


def _coverage(exposures: Exposures, unit: IntArray, where: BoolArray, draws: int) -> Estimate:
    """Share of the catalog among `draws` exposures; with its size at most, where it changed."""
    known = exposures.sessions.catalog_episodes[np.unique(exposures.session[where])]
    size, episodes = max(int(known.max()), 1), int(exposures.episode.max()) + 1
    table = group_counts(exposures.episode, unit, episodes, where)
    return jackknife(lambda counts: rarefied(counts, draws) / size, table).within(0.0, 1.0)


def _freshness(exposures: Exposures, unit: IntArray, where: BoolArray) -> Estimate:
    ages = np.clip(exposures.age_days, 0, MAX_AGE_DAYS)
    return jackknife(medians, group_counts(ages, unit, MAX_AGE_DAYS + 1, where))


def _range(at: int) -> str:
    first = POSITIONS[at]
    if at + 1 == len(POSITIONS):
        return f"{first}+"
    last = POSITIONS[at + 1] - 1
    return f"{first}" if first == last else f"{first}-{last}"
