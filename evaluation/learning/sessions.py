"""Makes impressions of log lines: what was ranked, seen and done, joined by session."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from evaluation.learning.impressions import Impressions
from evaluation.online.attribution import SKEW_S, WINDOW_S
from evaluation.online.lines import seconds
from feed.arrays.arrays import FloatArray
from feed.model.engagement import ABANDONED_BELOW
from feed.scenarios.scenario import Scenario
from feed.scenarios.version import version
from feed.session.decision_log import DecisionLine, LoggedEngagement, RankedQueue, SeenList

_REJECTED = -1.0


@dataclass
class LogCounts:
    """How many sessions a log has, and why some of them say nothing."""

    sessions: int = 0
    """new sessions of signed-in users that this version of the scenario ranked"""
    others: Counter[str] = field(default_factory=Counter)
    """new sessions of signed-in users that anything else ranked, by name and version"""
    without_queue: int = 0
    """sessions whose line does not say what their scores are made of"""
    without_seen: int = 0
    """sessions of which nothing was reported to be on the screen"""

    @property
    def usable(self) -> int:
        """Sessions that say something."""
        return self.sessions - self.without_queue - self.without_seen


@dataclass
class _Session:
    """A session that the scenario ranked, and what came of it."""

    user: str
    episode_ids: list[str]
    """(q,) the queue"""
    table: FloatArray
    """(q, 2 + parts) propensity, score, and each part"""
    seen: set[str] = field(default_factory=set)
    rewards: dict[str, float] = field(default_factory=dict)


def impressions_in(
    lines: Iterable[DecisionLine], scenario: Scenario, names: Sequence[str]
) -> tuple[Impressions, LogCounts]:
    """The impressions of the sessions that a scenario ranked, with these parts of the score.

    What was engaged with was seen. An impression earns the most that the scenario's
    `[interests.weights]` give an engagement with it; nothing if the listen was abandoned, or if it
    was marked `not_interested`, whatever else was done. An engagement that names no session
    belongs to the last one that showed the episode to the user within a day; one that names a
    session of another user counts for nothing. Neither the order of
    the lines nor lines that are there twice matter.
    """
    counts, sessions, shown = LogCounts(), dict[str, _Session](), _Shown()
    wanted = scenario.name, version(scenario)
    known: set[str] = set()
    seen: list[tuple[str, SeenList]] = []
    done: list[tuple[str, LoggedEngagement, str, int]] = []
    for line in lines:
        shown.add(line)
        seen += [(line.user, one) for one in line.seen]
        if line.engagement is not None:
            at_s = min(seconds(line.engagement.at), seconds(line.time))  # clients' clocks differ
            done.append((line.user, line.engagement, line.session_id, at_s))
        if line.scenario_version and line.user and line.session_id not in known:
            known.add(line.session_id)
            if (line.scenario, line.scenario_version) != wanted:
                counts.others[f"{line.scenario} {line.scenario_version}"] += 1
                continue
            counts.sessions += 1
            if line.queue is None:
                counts.without_queue += 1
            else:
                sessions[line.session_id] = _session(line, line.queue, names)
    for user, one in seen:
        session = sessions.get(one.session_id)
        if session is not None and user in {"", session.user}:  # a next page names no user
            session.seen.update(one.episode_ids)
    for user, engagement, session_id, at_s in done:
        session = sessions.get(session_id or shown.last(user, engagement.episode_id, at_s))
        if session is not None and user == session.user:
            _reward(session, engagement, scenario)
    told = [one for one in sessions.values() if one.seen]
    counts.without_seen = len(sessions) - len(told)
    return _impressions(told, names), counts


def _session(line: DecisionLine, queue: RankedQueue, names: Sequence[str]) -> _Session:
    drawn = {draw.episode_id: draw.propensity for draw in line.drawn}
    propensities = [drawn.get(episode, 1.0) for episode in queue.episode_ids]
    columns = [propensities, queue.scores, *(queue.parts[name] for name in names)]
    return _Session(line.user, queue.episode_ids, np.array(columns).T)


class _Shown:
    """Which sessions showed an episode to a user, and when."""

    def __init__(self) -> None:
        self._users: dict[str, str] = {}
        """by session; the line of a next page names no user"""
        self._lists: list[tuple[str, int, list[str]]] = []
        """session, time and episodes"""

    def add(self, line: DecisionLine) -> None:
        """Add the episodes that a line says were shown."""
        if line.user and line.shown:  # an engagement may name the session of somebody else
            self._users[line.session_id] = line.user
        for one in line.shown:
            self._lists.append((line.session_id, seconds(line.time), one.episode_ids))

    @cached_property
    def _places(self) -> dict[tuple[str, str], list[tuple[int, str]]]:
        """By user and episode: time and session. All lines have been added."""
        found: dict[tuple[str, str], list[tuple[int, str]]] = {}
        for session_id, time_s, episodes in self._lists:
            user = self._users.get(session_id, "")
            for episode in episodes:
                found.setdefault((user, episode), []).append((time_s, session_id))
        return found

    def last(self, user: str, episode_id: str, at_s: int) -> str:
        """The last session that showed an episode to a user in the day before a time."""
        places = self._places.get((user, episode_id), ())
        within = [one for one in places if -SKEW_S <= at_s - one[0] <= WINDOW_S]
        return max(within, default=(0, ""))[1]


def _reward(session: _Session, engagement: LoggedEngagement, scenario: Scenario) -> None:
    """Add what an engagement earned to its session, if that ranked the episode."""
    episode, kind, progress = engagement.episode_id, engagement.type, engagement.progress
    abandoned = kind == "listen" and progress is not None and progress < ABANDONED_BELOW
    earned = 0.0 if abandoned else scenario.interests.weights.get(kind, 1.0)
    before = session.rewards.get(episode, 0.0)
    rejected = kind == "not_interested" or before == _REJECTED
    session.rewards[episode] = _REJECTED if rejected else max(before, earned)


def _impressions(sessions: Sequence[_Session], names: Sequence[str]) -> Impressions:
    """The impressions of sessions, of those episodes that they ranked."""
    users: dict[str, int] = {}
    tables, starts, codes = [np.empty((0, 4 + len(names)))], [], []
    count = 0
    for one in sessions:
        on_screen = one.seen | one.rewards.keys()
        seen = [index for index, episode in enumerate(one.episode_ids) if episode in on_screen]
        if seen:
            earned = [max(one.rewards.get(one.episode_ids[index], 0.0), 0.0) for index in seen]
            tables.append(np.column_stack([np.array(seen) + 1, earned, one.table[seen]]))
            starts.append(count)
            codes.append(users.setdefault(one.user, len(users)))
            count += len(seen)
    positions, rewards, propensities, scores, *parts = np.concatenate(tables).T
    return Impressions(
        parts=dict(zip(names, parts, strict=True)),
        scores=scores,
        positions=positions.astype(np.int64),
        propensities=propensities,
        rewards=rewards,
        starts=np.array(starts, np.int64),
        users=np.array(codes, np.int64),
    )
