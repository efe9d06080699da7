"""How many users of an audience have the planted interest of its episode, against a random one.

`python -m evaluation.audience [--kind KIND ...] [--seed N] [--by-place]`: synthetic listeners
prefer hidden topics (`evaluation.data.synthetic`). The audiences of the newest episodes at the cut
are found as `operations.audience` finds them. A user has the planted interest of an episode if
at least `INTEREST` of what they like is its main topic. See docs/audience.md.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

# Set before numpy is imported, as in the function.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from catalog_builder.signals.aggregates import SignalParameters
from evaluation.data.events import read_events
from evaluation.data.synthetic.dataset import (
    SyntheticSize,
    episodes_jsonl,
    events_csv,
    listeners,
    synthetic_data,
)
from evaluation.data.synthetic.kinds import KINDS
from evaluation.data.synthetic.traits import draw_traits
from evaluation.data.training import TrainingData, training_data
from evaluation.report.page import text_table
from evaluation.wiring import read_catalog_input
from feed.arrays.arrays import BoolArray, FloatArray, IntArray
from feed.model.timestamps import DAY_US
from feed.ranking.audience import Audience, find_members
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.session.request import SessionRequest, make_query

INTEREST = 0.2
"""share of a user's preference; with 12 topics the mean is 0.083"""
NEW_DAYS = 3
"""age of the oldest episodes whose audiences are found"""
LIMITS = (25, 50, 100)
MIN_USERS = 5
"""least number of users behind a signal, as in a build"""


class Precision(NamedTuple):
    """The share of users who have the planted interest of the episode that they are told of."""

    episodes: int
    """episodes with any audience"""
    users: float
    """mean size of an audience"""
    audience: float
    """share among the users of the audiences"""
    everyone: float
    """share among all users, hence in a random audience"""
    heard: float
    """share of what the users chose themselves that is of a planted interest"""


def measure(
    kinds: Sequence[str],
    limits: Sequence[int],
    seed: int = 0,
    size: SyntheticSize | None = None,
    *,
    by_place: bool = False,
) -> dict[int, Precision]:
    """Find the audiences of all new episodes; by limit: how many users have the interest."""
    size = size or SyntheticSize()
    data = synthetic_data(size, seed, kinds)
    training = _training(episodes_jsonl(data), events_csv(data.train))
    catalog = training.catalog
    ages_us = training.now_us - catalog.published_us
    rows = np.flatnonzero((ages_us >= 0) & (ages_us < NEW_DAYS * DAY_US))
    interested = _interested(size, seed, kinds, list(catalog.ids))
    users = training.users.items()
    heard = np.concatenate([interested[uid][user.liked] for uid, user in users])
    audiences = _audiences(training, rows, by_place=by_place)
    found = {}
    for limit in limits:
        told = [
            interested[one.user_id][row]
            for row, audience in zip(rows.tolist(), audiences, strict=True)
            for one in audience.members()[:limit]
        ]
        sizes = [min(one.found, limit) for one in audiences if one.found]
        found[limit] = Precision(
            episodes=len(sizes),
            users=float(np.mean(sizes)),
            audience=float(np.mean(told)),
            everyone=float(np.mean([interested[uid][rows] for uid, _ in users])),
            heard=float(np.mean(heard)),
        )
    return found


def _training(episodes: bytes, events: bytes) -> TrainingData:
    """The catalog and the users after these events, built as a deployment builds them."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("episodes.jsonl", "events.csv")]
        for path, content in zip(files, (episodes, events), strict=True):
            path.write_bytes(content)
        read = read_catalog_input(str(files[0]))
        parameters = SignalParameters(min_users=MIN_USERS)
        return training_data(read.episodes, read.vectors, read_events(files[1]), None, parameters)


def _audiences(training: TrainingData, rows: IntArray, *, by_place: bool) -> list[Audience]:
    """The audience of each of these rows, as an operator gets it, up to the largest limit."""
    ranker = Ranker(training.catalog, shipped()["for_you"])
    audiences = [Audience(max(LIMITS), by_place=by_place) for _ in rows]
    for uid, user in training.users.items():
        query = make_query(SessionRequest(), user.summary, seed=0, now_us=training.now_us)
        for index, member in find_members(uid, ranker.standings(query, rows), within=10):
            audiences[index].add(member)
    return audiences


def _interested(
    size: SyntheticSize, seed: int, kinds: Sequence[str], ids: Sequence[str]
) -> dict[str, BoolArray]:
    """By user: (n,) whether they have the planted interest of each episode of these n ids."""
    traits = draw_traits(size.shows, size.episodes, np.random.default_rng(seed))
    topics: FloatArray = traits.topics[[int(one.rpartition("-")[2]) for one in ids]]
    main = np.argmax(topics, axis=1)
    return {
        uid: listener.last_topics[main] >= INTEREST
        for uid, listener in listeners(traits, size, seed, kinds)
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print a table; return the exit code."""
    parser = argparse.ArgumentParser(prog="evaluation.audience", description=__doc__)
    parser.add_argument("--kind", choices=KINDS, action="append", help="may be repeated")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    about = "in the order that is used while an experiment runs"
    parser.add_argument("--by-place", action="store_true", help=about)
    given = parser.parse_args(arguments)
    rows = []
    for kind in given.kind or KINDS:
        for limit, one in measure([kind], LIMITS, given.seed, by_place=given.by_place).items():
            times = one.audience / one.everyone
            rows.append(
                [
                    kind,
                    f"{limit}",
                    f"{one.episodes}",
                    f"{one.users:.0f}",
                    f"{one.audience:.3f}",
                    f"{one.everyone:.3f}",
                    f"{times:.1f}",
                    f"{one.heard:.3f}",
                ]
            )
    header = ["listeners", "limit", "episodes", "users each", "interested", "at random", "times"]
    header.append("heard")
    print(text_table(header, rows))  # noqa: T201  # the result
    return 0


if __name__ == "__main__":
    sys.exit(main())
