"""Simulated experiments with a known effect, to see how often a report finds one.

Users differ more than most: how often they come is log-normal, how readily they open an episode
varies as much, and the two go together. So exposures of one user are strongly dependent, and a
report that took them for independent would find differences everywhere.
"""

from collections.abc import Iterator

import numpy as np

from evaluation.online.exposures import Exposures, Sessions
from evaluation.online.metrics import METRICS
from evaluation.online.report import common_draws, compare, metrics
from feed.model.timestamps import DAY_US, rfc3339
from feed.scenarios.experiment import Assignment
from feed.session.decision_log import DecisionLine, LoggedEngagement, SeenList, ShownList

PAGE = 6
EPISODES = 300
MAX_SESSIONS = 60
LISTENED, COMPLETED, SAVED, REJECTED, SEEN = 0.7, 0.5, 0.1, 0.01, 0.8
"""shares of what is opened, listened to, and shown"""
ARMS = ("control", "treatment")
EXPERIMENT = "simulated"
START_US = 1_790_000_000_000_000


def simulate(rng: np.random.Generator, users: int, lift: float = 0.0) -> Exposures:
    """The exposures of an experiment with two equal arms.

    `lift` is by how much the treatment raises the chance that an episode is opened: 0.1 is a tenth
    more. No lift is an experiment without a difference.
    """
    arm_of = rng.integers(0, 2, users)
    eager = rng.normal(size=users)
    visits = 1 + np.minimum(rng.poisson(np.exp(0.8 + 0.9 * eager)), MAX_SESSIONS - 1)
    chance = 1 / (1 + np.exp(2.5 - 0.6 * eager - 0.8 * rng.normal(size=users)))
    chance = np.minimum(chance * np.where(arm_of == 1, 1 + lift, 1.0), 1.0)
    user = np.repeat(np.arange(users), visits)
    session = np.repeat(np.arange(len(user)), PAGE)
    n = len(session)
    position = np.tile(np.arange(1, PAGE + 1), len(user))
    popular = EPISODES * rng.random(n) ** 2
    opened = rng.random(n) < chance[user[session]] * 1.1 / (0.9 + 0.1 * position)
    listened = opened & (rng.random(n) < LISTENED)
    saved = rng.random(n) < SAVED * chance[user[session]]
    return Exposures(
        sessions=Sessions(
            user=user,
            scenario=np.zeros(len(user), np.int64),
            arm=arm_of[user],
            scenarios=(EXPERIMENT,),
            arms=tuple((EXPERIMENT, arm) for arm in ARMS),
            catalog_episodes=np.full(len(user), EPISODES * PAGE),
            has_seen=np.ones(len(user), np.bool_),
        ),
        session=session,
        position=position,
        episode=popular.astype(np.int64),
        age_days=rng.integers(0, 90, n),
        sources=(position % 2).astype(np.int64),
        source_sets=(("similar",), ("fresh", "similar")),
        shelf=np.zeros(n, np.int64),
        shelves=("",),
        seen=opened | (rng.random(n) < SEEN),
        repeated=np.zeros(n, np.bool_),
        opened=opened,
        listened=listened,
        completed=listened & (rng.random(n) < COMPLETED),
        saved=saved,
        liked=opened | saved,
        rejected=rng.random(n) < REJECTED,
        counts={},
    )


def called(exposures: Exposures, primary: str = "click_through") -> tuple[bool, bool]:
    """Whether a report calls a difference of the primary metric, and of any other one."""
    arm = exposures.sessions.arm[exposures.session]
    masks = {name: arm == at for at, name in enumerate(ARMS)}
    draws = common_draws(exposures, masks.values())
    shares = {name: of(exposures) for name, of in METRICS.items()}
    arms = {name: metrics(exposures, shares, mask, draws) for name, mask in masks.items()}
    found = compare(arms, ARMS[0], [primary])
    return (
        any(one.differs for one in found if one.is_primary),
        any(one.differs for one in found if not one.is_primary),
    )


def lines_of(exposures: Exposures) -> Iterator[DecisionLine]:
    """The log lines of a simulated experiment: of each session its page, then what was done."""
    sessions = exposures.sessions
    for session in range(len(sessions)):
        name, user = f"{session:016x}", f"user {sessions.user[session]}"
        scenario, arm = sessions.arms[sessions.arm[session]]
        at = np.flatnonzero(exposures.session == session)
        # Each episode once: a session shows none twice.
        ids = [f"episode {exposures.episode[one]}/{one % PAGE}" for one in at.tolist()]
        time = rfc3339(START_US + session * DAY_US // max(len(sessions), 1))
        places = {
            source: [
                int(exposures.position[one])
                for one in at.tolist()
                if source in exposures.source_sets[exposures.sources[one]]
            ]
            for source in ("fresh", "similar")
        }
        page = ShownList(1, ids, exposures.age_days[at].tolist(), places)
        yield DecisionLine(
            message="POST /api/sessions/create 200",
            time=time,
            user=user,
            session_id=name,
            scenario=scenario,
            experiment=Assignment(scenario, arm),
            catalog_episodes=int(sessions.catalog_episodes[session]),
            shown=[page],
        )
        saw = [one for one, row in zip(ids, at.tolist(), strict=True) if exposures.seen[row]]
        message = "POST /api/me/impressions 200"
        yield DecisionLine(message=message, time=time, user=user, seen=[SeenList(name, saw)])
        engaged = "POST /api/sessions/{session_id}/engage 201"
        for one, row in zip(ids, at.tolist(), strict=True):
            kinds = {
                "click": exposures.opened[row],
                "listen": exposures.listened[row],
                "complete": exposures.completed[row],
                "bookmark": exposures.saved[row],
                "not_interested": exposures.rejected[row],
            }
            for kind, done in kinds.items():
                if done:
                    what = LoggedEngagement(one, kind, time)  # type: ignore[arg-type]
                    yield DecisionLine(
                        message=engaged, time=time, user=user, session_id=name, engagement=what
                    )
