"""Assembly: one pass over the catalog to a home page, on which no episode comes twice."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import islice

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import IntArray
from feed.home.labels import Label, reason, title
from feed.home.members import is_for, members, propose
from feed.home.order import ordered
from feed.home.page import HomePage, Shelf
from feed.home.parameters import ABOUT_EACH, MIN_EPISODES, Home, ShelfParameters
from feed.home.pool import Pool, sample_of_series
from feed.home.selection import OWN, Choice, ShelfSelection, first_of_each
from feed.model.degradation import Degradation
from feed.ranking import emptiness
from feed.ranking.compiled_rules import Matcher, matcher
from feed.ranking.external_search import SearchResult
from feed.ranking.pipeline import MILLION, Ranker, millionths
from feed.ranking.reasons import Reasons, explain
from feed.ranking.scoring import Scoring
from feed.ranking.series_recommendation import recommend_series
from feed.ranking.sources import NAMES
from feed.scenarios.experiment import Assignment
from feed.selection.greedy import Selection
from feed.session.pages import session_id
from feed.session.state import Queue
from feed.user.query import Query

_EXPLORATION = 1 << NAMES.index("exploration")
"""The sources of a candidate that `exploration` alone proposed."""


@dataclass(frozen=True)
class FilledShelf:
    """A shelf before its episodes have reasons."""

    id: str
    shelf: ShelfParameters
    title: Label
    reason: Label
    selection: ShelfSelection | None = None
    """of a shelf of episodes"""
    series: Queue | None = None
    """of a shelf of series"""
    reasons: tuple[npt.NDArray[np.uint8], int] | None = None
    """as `Members.reasons`"""

    @property
    def chosen(self) -> list[int]:
        """Places of its episodes among the candidates, in order."""
        return [] if self.selection is None else self.selection.chosen


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

    @cached_property
    def _some_series(self) -> npt.NDArray[np.float32] | None:
        return sample_of_series(self.ranker.series)

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
        pool = Pool(features, self.ranker.series, self._some_series, scoring)
        filled = self._distinct(pool, self._fill(pool, self.home))
        degraded = [*given, *scoring.degraded]
        if not filled:  # such as for a listener who muted all shows but one
            filled = self._distinct(pool, self._fill(pool, self.home.without_series_limits()))
            degraded += [Degradation.SERIES_LIMIT_RELAXED] if filled else []
        if not filled:
            degraded.extend(emptiness.causes(scoring.eligible))
        return HomePage(
            session_id=session_id(query.seed),
            home=self.home.name,
            scenario=self.ranker.scenario.name,
            experiment=experiment,
            shelves=tuple(self._shelves(scoring, filled)),
            cold_start=scoring.user.vector.unit is None,
            user_vector_episodes=scoring.user.vector.episodes,
            degraded=tuple(degraded),
        )

    def _fill(self, pool: Pool, home: Home) -> list[FilledShelf]:
        """Each shelf that has enough: first what an answer shows of all of them, then the rest.

        So a shelf far down shows the best of its kind, not what longer shelves above leave.
        """
        choice = Choice(pool.series, pool.titles, home.max_per_series)
        choice.free &= ~pool.heard_elsewhere
        # What was drawn at random, and for nothing else, is for the exploration slots of sessions.
        choice.free &= pool.scoring.candidates.sources != _EXPLORATION
        filled: list[FilledShelf] = []
        for shelf in home.shelves:
            if is_for(shelf, pool.user):
                every = (
                    self._of_series(pool.scoring, shelf)
                    if shelf.kind == "series"
                    else islice(self._of_episodes(pool, shelf, choice), shelf.shelves)
                )
                filled += _numbered(shelf, every)
        for one in filled:
            if one.selection is not None:
                one.selection.extend(one.shelf.length)
        return filled

    def _of_episodes(
        self, pool: Pool, shelf: ShelfParameters, choice: Choice
    ) -> Iterator[FilledShelf]:
        candidates, where = pool.scoring.candidates, self._where.get(shelf.name)
        for one in members(pool, shelf):
            mask = one.mask & choice.free
            if where is not None:
                mask &= where.match(candidates.rows, candidates.age_days)
            if shelf.min_minutes or shelf.max_minutes:
                mask &= pool.has_length(shelf.min_minutes, shelf.max_minutes)
            places = ordered(pool, shelf, self.home.factors | shelf.factors, mask)
            selection = ShelfSelection(choice, shelf, places)
            length = shelf.length if shelf.kind in OWN else shelf.first
            if selection.extend(length, least=MIN_EPISODES):
                yield FilledShelf(
                    shelf.name, shelf, one.title, one.reason, selection, reasons=one.reasons
                )

    def _of_series(self, scoring: Scoring, shelf: ShelfParameters) -> Iterator[FilledShelf]:
        """Recommended series, as a queue of their indices with their final scores."""
        user, allowed = scoring.user, scoring.eligible.allowed
        found = recommend_series(self.ranker.series, user, allowed, shelf.length)
        if len(found.series) >= MIN_EPISODES:
            scores = np.zeros((len(found.series), 4), np.int32)
            scores[:, -1] = np.rint(found.scores * MILLION)
            queue = Queue(found.series, scores, found.reasons, np.zeros(len(scores), np.uint16))
            labels = title(shelf, {}), reason(shelf, {})
            yield FilledShelf(shelf.name, shelf, *labels, series=queue)

    def _distinct(self, pool: Pool, filled: list[FilledShelf]) -> list[FilledShelf]:
        """The shelves without near-duplicates of what is before them, if enough is left."""
        limit, vectors = (
            self.ranker.scenario.selector.near_duplicate,
            pool.scoring.candidates.vectors,
        )
        if vectors is None or limit > 1.0:
            return filled
        kept = iter(first_of_each(vectors[[one for of in filled for one in of.chosen]], limit))
        for one in filled:
            one.chosen[:] = [place for place in one.chosen if next(kept)]
        return [one for one in filled if one.selection is None or len(one.chosen) >= MIN_EPISODES]

    def _shelves(self, scoring: Scoring, filled: list[FilledShelf]) -> Iterator[Shelf]:
        """Yield the shelves with the reasons of their episodes, which are found in one call."""
        places = np.array([one for shelf in filled for one in shelf.chosen], np.int64)
        chosen = scoring.candidates.take(places)
        found = explain(self.ranker.features, scoring.user, chosen, _certain(places))
        codes, subjects = found.codes.copy(), found.subject_hashes.copy()
        scores, start = millionths(chosen), 0
        for one in filled:
            part = slice(start, start := start + len(one.chosen))
            if one.reasons is not None:
                of_candidates, subjects[part] = one.reasons
                codes[part] = of_candidates[places[part]]
            reasons = Reasons(codes[part], subjects[part])
            yield Shelf(
                id=one.id,
                title=one.title,
                reason=one.reason,
                first=one.shelf.first,
                queue=one.series
                or Queue(chosen.rows[part], scores[part], reasons, chosen.sources[part]),
                is_of_series=one.series is not None,
            )


def _numbered(shelf: ShelfParameters, filled: Iterable[FilledShelf]) -> Iterator[FilledShelf]:
    """The shelves of one description, with a number where there may be several."""
    for number, one in enumerate(filled, 1):
        yield replace(one, id=f"{one.id}-{number}") if shelf.kind in ABOUT_EACH else one


def _certain(places: IntArray) -> Selection:
    """A selection in which nothing is drawn or pinned."""
    count = len(places)
    none = np.zeros(count, np.bool_)
    return Selection(places, np.ones(count), none, none, relaxed=False)
