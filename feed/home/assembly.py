"""Assembly: one pass over the catalog to a home page, on which no episode comes twice."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import FloatArray, IntArray
from feed.home.members import Members, Pool, members, propose
from feed.home.page import HomePage, Shelf
from feed.home.parameters import ABOUT_EACH, MIN_EPISODES, Home, ShelfParameters
from feed.home.selection import ShelfSelection
from feed.model.degradation import Degradation
from feed.ranking import emptiness
from feed.ranking.compiled_rules import Matcher, matcher
from feed.ranking.external_search import SearchResult
from feed.ranking.pipeline import Ranker, millionths
from feed.ranking.reasons import explain
from feed.scenarios.experiment import Assignment
from feed.selection.greedy import Selection
from feed.session.pages import session_id
from feed.session.state import Queue
from feed.user.query import Query


class HomeRanker:
    """Makes home pages of one description, with the scorers of one scenario."""

    def __init__(self, ranker: Ranker, home: Home) -> None:
        self.ranker = ranker
        self.home = home
        self._where: dict[str, Matcher] = {
            shelf.name: matcher(ranker.catalog, shelf.where)
            for shelf in home.shelves
            if shelf.where
        }

    def assemble(
        self,
        query: Query,
        search_result: SearchResult | None = None,
        *,
        given: Sequence[Degradation] = (),
        experiment: Assignment | None = None,
    ) -> HomePage:
        """Score all candidates once and fill the shelves from top to bottom.

        `given` names what the query had to do without, and `experiment` is stamped on answers.
        """
        features, shelves = self.ranker.features, self.home.shelves
        scoring = self.ranker.score_candidates(
            query, search_result, partial(propose, features, shelves)
        )
        pool = Pool(features, scoring)
        filled = list(self._fill(pool))
        places = np.array([one for _, _, chosen in filled for one in chosen], np.int64)
        chosen = scoring.candidates.take(places)
        reasons = explain(features, scoring.user, chosen, _certain(places))
        queue = Queue(chosen.rows, millionths(chosen), reasons, chosen.sources)
        ends = np.cumsum([len(chosen) for _, _, chosen in filled]).tolist()
        degraded = [*given, *scoring.degraded]
        if not filled:
            degraded.extend(emptiness.causes(scoring.eligible))
        return HomePage(
            session_id=session_id(query.seed),
            home=self.home.name,
            scenario=self.ranker.scenario.name,
            experiment=experiment,
            shelves=tuple(
                Shelf(
                    id=one_id,
                    title=one.title,
                    reason=one.reason,
                    first=shelf.first,
                    queue=queue.take(slice(end - len(chosen), end)),
                )
                for (one_id, (shelf, one), chosen), end in zip(filled, ends, strict=True)
            ),
            cold_start=scoring.user.vector.unit is None,
            user_vector_episodes=len(scoring.user.vector.members),
            degraded=tuple(degraded),
        )

    def _fill(self, pool: Pool) -> Iterator[tuple[str, tuple[ShelfParameters, Members], list[int]]]:
        """Yield each shelf that has enough episodes: its id, what it is, and its candidates."""
        choice = _Choice(pool)
        for shelf in self.home.shelves:
            filled = self._fill_each(pool, shelf, choice)
            for number, (one, chosen) in enumerate(islice(filled, shelf.shelves), 1):
                one_id = f"{shelf.name}-{number}" if shelf.kind in ABOUT_EACH else shelf.name
                yield one_id, (shelf, one), chosen

    def _fill_each(
        self, pool: Pool, shelf: ShelfParameters, choice: "_Choice"
    ) -> Iterator[tuple[Members, list[int]]]:
        candidates, where = pool.scoring.candidates, self._where.get(shelf.name)
        for one in members(pool, shelf):
            mask = one.mask & choice.free
            if where is not None:
                mask &= where.match(candidates.rows, candidates.age_days)
            chosen = choice.choose(_ordered(pool, shelf, np.flatnonzero(mask)), shelf)
            if len(chosen) >= MIN_EPISODES:
                choice.take(chosen)
                yield one, chosen


class _Choice:
    """Which candidates of a pool are on a shelf already."""

    def __init__(self, pool: Pool) -> None:
        rows = pool.scoring.candidates.rows
        self.free = np.ones(len(rows), np.bool_)
        """(k,) whether neither each candidate nor another one of its title is on a shelf yet"""
        self._titles: npt.NDArray[np.uint64] = pool.features.catalog.title_hashes[rows]
        self._series_list: list[int] = pool.series.tolist()
        self._title_list: list[int] = self._titles.tolist()

    def choose(self, ordered: IntArray, shelf: ShelfParameters) -> list[int]:
        """Some of these free candidates, in order, within the limits of a shelf."""
        selection = ShelfSelection(shelf.length, shelf.max_per_series)
        return selection.fill(ordered, self._series_list, self._title_list)

    def take(self, chosen: list[int]) -> None:
        """Note that these candidates are on a shelf."""
        self.free &= ~np.isin(self._titles, self._titles[chosen])


def _ordered(pool: Pool, shelf: ShelfParameters, places: IntArray) -> IntArray:
    """Places of candidates in the order of a shelf, the first to be shown first."""
    rows, ties = pool.scoring.candidates.rows[places], pool.features.tie_order
    if shelf.order == "newest":
        return places[np.lexsort((ties[rows], -pool.features.catalog.published_us[rows]))]
    if shelf.order == "listened":
        listened = {row: place for place, row in enumerate(pool.user.unfinished.tolist())}
        return places[np.argsort([listened[row] for row in rows.tolist()], kind="stable")]
    return places[np.lexsort((ties[rows], -_values(pool, shelf)[places]))]


def _values(pool: Pool, shelf: ShelfParameters) -> FloatArray:
    """(k,) the score of each candidate, with the contributions of its parts as `factors` say."""
    candidates = pool.scoring.candidates
    values = candidates.scores
    for name, factor in shelf.factors.items():
        if name in candidates.contributions:
            values = values + (factor - 1.0) * candidates.contributions[name]
    return values


def _certain(places: IntArray) -> Selection:
    """A selection in which nothing is drawn or pinned."""
    count = len(places)
    none = np.zeros(count, np.bool_)
    return Selection(places, np.ones(count), none, none, relaxed=False)
