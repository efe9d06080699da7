"""Collects the lines of a decision log, and joins what was shown, seen and done."""

from array import array
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from catalog_builder.errors import CommandError
from evaluation.online.attribution import Engagements, Places, attribute
from evaluation.online.exposures import Exposures, Sessions
from evaluation.online.lines import seconds
from feed.arrays.arrays import BoolArray, IntArray
from feed.model.engagement import ABANDONED_BELOW, COMPLETED_FROM
from feed.session.decision_log import DecisionLine, LoggedEngagement, ShownList

OPENED = frozenset({"click", "listen", "complete"})
LIKED = OPENED | {"bookmark", "like", "share"}
THOUSAND = 1000
"""Progress is kept in thousandths."""

N = TypeVar("N", bound=Hashable)


class _Numbers(Generic[N]):
    """Numbers names in the order in which they come."""

    def __init__(self) -> None:
        self._of: dict[N, int] = {}

    def __len__(self) -> int:
        return len(self._of)

    def __call__(self, name: N) -> int:
        return self._of.setdefault(name, len(self._of))

    def names(self) -> tuple[N, ...]:
        return tuple(self._of)


class _Columns:
    """Columns of integers that grow row by row."""

    def __init__(self, count: int) -> None:
        self._columns = [array("q") for _ in range(count)]

    def add(self, *values: int) -> None:
        for column, value in zip(self._columns, values, strict=True):
            column.append(value)

    def arrays(self) -> list[npt.NDArray[np.int64]]:
        return [np.array(column, np.int64) for column in self._columns]


class Collector:
    """Takes lines in any order; what is there twice counts once.

    Holds what was shown and done as columns of integers, and no line.
    """

    def __init__(self) -> None:
        self._counts = Counter[str]()
        self._sessions, self._users, self._episodes = (_Numbers[str]() for _ in range(3))
        self._scenarios, self._shelves, self._types = (_Numbers[str]() for _ in range(3))
        self._arms = _Numbers[tuple[str, str]]()
        self._source_sets = _Numbers[tuple[str, ...]]()
        self._shown, self._seen, self._done = _Columns(7), _Columns(3), _Columns(6)
        self._user_of: dict[int, int] = {}
        self._made_by: dict[int, tuple[int, int, int]] = {}
        """by session: scenario, arm and size of its largest catalog"""

    def add(self, line: DecisionLine) -> None:
        """Take one line, as `read_lines` checked it."""
        self._counts["lines"] += 1
        time_s = seconds(line.time)
        session = self._sessions(line.session_id) if line.session_id else -1
        user = self._users(line.user) if line.user else -1
        if session >= 0 and line.shown:
            if user >= 0:
                self._user_of[session] = user
            stamp = line.experiment
            arm = -1 if stamp is None else self._arms((stamp.name, stamp.arm))
            size = max(line.catalog_episodes, self._made_by.get(session, (0, 0, 0))[-1])
            self._made_by[session] = (self._scenarios(line.scenario), arm, size)
            for one in line.shown:
                self._add_shown(session, one, time_s)
        for of_session in line.seen:
            number = self._sessions(of_session.session_id)
            for episode in of_session.episode_ids:
                self._seen.add(number, user, self._episodes(episode))
        if line.engagement is not None and user >= 0:
            self._add_engagement(session, user, line.engagement, time_s)

    def _add_shown(self, session: int, shown: ShownList, time_s: int) -> None:
        proposed_by: dict[int, list[str]] = {}
        for name, positions in shown.sources.items():
            for position in positions:
                proposed_by.setdefault(position, []).append(name)
        shelf = self._shelves(shown.shelf)
        pairs = zip(shown.episode_ids, shown.ages_days, strict=True)
        for position, (episode, age) in enumerate(pairs, shown.first_position):
            sources = self._source_sets(tuple(sorted(proposed_by.get(position, ()))))
            number = self._episodes(episode)
            self._shown.add(session, position, number, age, sources, shelf, time_s)

    def _add_engagement(
        self, session: int, user: int, engagement: LoggedEngagement, time_s: int
    ) -> None:
        progress = engagement.progress
        thousandths = -1 if progress is None else int(progress * THOUSAND)
        episode, kind = self._episodes(engagement.episode_id), self._types(engagement.type)
        at_s = min(seconds(engagement.at), time_s)
        self._done.add(session, user, episode, kind, thousandths, at_s)

    def exposures(self) -> Exposures:
        """Join what was taken. Raises `CommandError` if no session of a user showed anything."""
        user_of = np.full(len(self._sessions), -1, np.int64)
        user_of[list(self._user_of)] = list(self._user_of.values())
        columns = self._shown.arrays()
        is_user = user_of[columns[0]] >= 0
        self._counts["sessions without a user"] = len(np.unique(columns[0][~is_user]))
        session, position, episode, age, sources, shelf, time_s = _once(
            [column[is_user] for column in columns]
        )
        if not len(session):
            raise CommandError("the log: expected a line that says what a user's session showed")
        places = Places(session, user_of[session], episode, time_s)
        seen_in, seen_by, seen_episode = self._seen.arrays()
        # The line of a next page names no user.
        is_own = (seen_by < 0) | (seen_by == user_of[seen_in])
        seen_in, seen_episode = seen_in[is_own], seen_episode[is_own]
        has_seen = np.zeros(len(self._sessions), np.bool_)
        has_seen[seen_in] = True
        engagements = Engagements(*self._done.arrays())
        at = attribute(places, engagements)
        self._counts["engagements"] = len(engagements)
        self._counts["engagements with nothing that was shown"] = int((at < 0).sum())
        known, index = np.unique(session, return_inverse=True)
        scenario, arm, size = np.array([self._made_by[one] for one in known.tolist()]).T
        return Exposures(
            sessions=Sessions(
                user=np.unique(user_of[known], return_inverse=True)[1],
                scenario=scenario,
                arm=arm,
                scenarios=self._scenarios.names(),
                arms=self._arms.names(),
                catalog_episodes=size,
                has_seen=has_seen[known],
            ),
            session=index,
            position=position,
            episode=episode,
            age_days=age,
            sources=sources,
            source_sets=self._source_sets.names(),
            shelf=shelf,
            shelves=self._shelves.names(),
            seen=_marked(len(session), places.find(seen_in, seen_episode)),
            repeated=places.repeated(),
            **_outcomes(len(session), at, engagements, self._types.names()),
            counts=self._counts,
        )


def collect(lines: Iterable[DecisionLine]) -> Exposures:
    """Join the lines of a log. Raises `CommandError`, as `Collector` does."""
    collector = Collector()
    for line in lines:
        collector.add(line)
    return collector.exposures()


def _outcomes(
    n: int, at: IntArray, engagements: Engagements, types: Sequence[str]
) -> dict[str, BoolArray]:
    """By outcome: (n,) whether an engagement says so; `at` finds the exposure of each."""

    def is_one_of(names: Iterable[str]) -> BoolArray:
        return np.array([one in names for one in types], np.bool_)[engagements.type]

    listen, progress = is_one_of({"listen"}), engagements.progress
    abandoned = listen & (progress >= 0) & (progress < THOUSAND * ABANDONED_BELOW)
    to_the_end = listen & (progress >= THOUSAND * COMPLETED_FROM)
    says = {
        "opened": is_one_of(OPENED),
        "listened": is_one_of({"listen", "complete"}) & ~abandoned,
        "completed": is_one_of({"complete"}) | to_the_end,
        "saved": is_one_of({"bookmark"}),
        "liked": is_one_of(LIKED) & ~abandoned,
        "rejected": is_one_of({"not_interested"}),
    }
    return {name: _marked(n, at[which]) for name, which in says.items()}


def _marked(n: int, found: IntArray) -> BoolArray:
    """(n,) true at the indices that were found; -1 is none."""
    marks = np.zeros(n, np.bool_)
    marks[found[found >= 0]] = True
    return marks


def _once(columns: Sequence[IntArray]) -> list[IntArray]:
    """The rows of what was shown, of an episode in a session the first one."""
    session, _, episode, *_, time_s = columns
    order = np.lexsort((time_s, episode, session))
    ahead, behind = order[1:], order[:-1]
    first = np.ones(len(order), np.bool_)
    first[1:] = (session[ahead] != session[behind]) | (episode[ahead] != episode[behind])
    return [column[order[first]] for column in columns]
