"""Assembly: one pass over the catalog to a home page, on which no episode comes twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np

from feed.arrays.arrays import FloatArray, IntArray
from feed.home.labels import Label, reason, title
from feed.home.members import Members, Pool, is_for, members, propose
from feed.home.page import HomePage, Shelf
from feed.home.parameters import ABOUT_EACH, MIN_EPISODES, Home, ShelfParameters
from feed.home.selection import Choice
from feed.model.degradation import Degradation
from feed.ranking import emptiness
from feed.ranking.compiled_rules import Matcher, matcher
from feed.ranking.external_search import SearchResult
from feed.ranking.pipeline import MILLION, Ranker, Scoring, millionths
from feed.ranking.reasons import explain
from feed.ranking.series_recommendation import recommend_series
from feed.scenarios.experiment import Assignment
from feed.selection.greedy import Selection
from feed.session.pages import session_id
from feed.session.state import Queue
from feed.user.query import Query


@dataclass(frozen=True)
class FilledShelf:
    """A shelf before its episodes have reasons."""

    name: str
    shelf: ShelfParameters
    labels: tuple[Label, Label]
    """title and reason"""
    chosen: Sequence[int] = ()
    """places of its episodes among the candidates, in order"""
    series: Queue | None = None


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
        filled = list(self._fill(Pool(features, scoring)))
        degraded = [*given, *scoring.degraded]
        if not filled:
            degraded.extend(emptiness.causes(scoring.eligible))
        return HomePage(
            session_id=session_id(query.seed),
            home=self.home.name,
            scenario=self.ranker.scenario.name,
            experiment=experiment,
            shelves=tuple(self._shelves(scoring, filled)),
            cold_start=scoring.user.vector.unit is None,
            user_vector_episodes=len(scoring.user.vector.members),
            degraded=tuple(degraded),
        )

    def _fill(self, pool: Pool) -> Iterator[FilledShelf]:
        """Yield each shelf that has enough, from top to bottom."""
        titles = pool.features.catalog.title_hashes[pool.scoring.candidates.rows]
        choice = Choice(pool.series, titles)
        for shelf in self.home.shelves:
            if not is_for(shelf, pool.user):
                continue
            if shelf.kind == "series":
                queue = self._series(pool.scoring, shelf.length)
                if len(queue) >= MIN_EPISODES:
                    yield FilledShelf(
                        shelf.name, shelf, (title(shelf, {}), reason(shelf, {})), series=queue
                    )
                continue
            for number, (one, chosen) in enumerate(
                islice(self._fill_each(pool, shelf, choice), shelf.shelves), 1
            ):
                name = f"{shelf.name}-{number}" if shelf.kind in ABOUT_EACH else shelf.name
                yield FilledShelf(name, shelf, (one.title, one.reason), chosen=chosen)

    def _shelves(self, scoring: Scoring, filled: list[FilledShelf]) -> Iterator[Shelf]:
        """Yield the shelves with the reasons of their episodes, which are found in one call."""
        places = np.array([one for shelf in filled for one in shelf.chosen], np.int64)
        chosen = scoring.candidates.take(places)
        reasons = explain(self.ranker.features, scoring.user, chosen, _certain(places))
        every = Queue(chosen.rows, millionths(chosen), reasons, chosen.sources)
        start = 0
        for one in filled:
            end = start + len(one.chosen)
            yield Shelf(
                id=one.name,
                title=one.labels[0],
                reason=one.labels[1],
                first=one.shelf.first,
                queue=every.take(slice(start, end)) if one.series is None else one.series,
                is_of_series=one.series is not None,
            )
            start = end

    def _series(self, scoring: Scoring, count: int) -> Queue:
        """Recommended series, as a queue of their indices with their final scores."""
        user, allowed = scoring.user, scoring.eligible.allowed
        found = recommend_series(self.ranker.series, user, allowed, count)
        scores = np.zeros((len(found.series), 4), np.int32)
        scores[:, -1] = np.rint(found.scores * MILLION)
        return Queue(found.series, scores, found.reasons, np.zeros(len(scores), np.uint16))

    def _fill_each(
        self, pool: Pool, shelf: ShelfParameters, choice: "Choice"
    ) -> Iterator[tuple[Members, list[int]]]:
        candidates, where = pool.scoring.candidates, self._where.get(shelf.name)
        for one in members(pool, shelf):
            mask = one.mask & choice.free
            if where is not None:
                mask &= where.match(candidates.rows, candidates.age_days)
            if shelf.min_minutes or shelf.max_minutes:
                mask &= pool.has_length(shelf.min_minutes, shelf.max_minutes)
            chosen = choice.choose(_ordered(pool, shelf, np.flatnonzero(mask)), shelf)
            if len(chosen) >= MIN_EPISODES:
                choice.take(chosen)
                yield one, chosen


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
