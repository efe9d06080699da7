"""A run: a pass over all summaries that ranks some episodes for each user, and can go on later."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import msgspec
import numpy as np

from feed.arrays.arrays import HashArray, IntArray, in_sorted
from feed.arrays.hashing import hash_strings
from feed.model.engagement import Summary
from feed.ports.users import SummaryPage, SummaryPages
from feed.ranking.audience import Audience, find_members
from feed.ranking.pipeline import Ranker
from feed.session.request import SessionRequest, make_query
from functions.audience.request import AudienceProgress, AudienceRequest
from functions.serving.user_summaries import with_standard_languages


@dataclass(frozen=True)
class AudienceSources:
    """What a run reads."""

    pages: SummaryPages
    ranker_of: Callable[[str], Ranker]
    """the ranker of a user's sessions: of the arm of an experiment, or else of the deployment"""
    several_scenarios: bool
    """whether not all users are ranked by one"""
    leave_out: HashArray
    """hashes of the ids of users who are left out, sorted"""


class AudienceRun:
    """Finds the audiences of e episodes in one pass over the summaries."""

    def __init__(
        self,
        request: AudienceRequest,
        sources: AudienceSources,
        rows: IntArray,
        progress: AudienceProgress,
    ) -> None:
        """Continue at `progress`; `rows` (e,) are the catalog rows of its episodes."""
        self._request = request
        self._sources = sources
        self._rows = rows
        self.progress = progress
        members = progress.members or [[] for _ in rows]
        found = progress.found or [0 for _ in rows]
        self.audiences = [
            Audience(request.limit, some, number, by_place=sources.several_scenarios)
            for some, number in zip(members, found, strict=True)
        ]

    def pages(self) -> Iterator[SummaryPage]:
        """Rank the users of each page, and yield it; the next one is read meanwhile.

        Raises `Unavailable`.
        """
        with ThreadPoolExecutor(1, "summaries") as reader:
            reading = reader.submit(self._sources.pages.page, self.progress.position)
            while True:
                page = reading.result()
                if page.position:
                    reading = reader.submit(self._sources.pages.page, page.position)
                self._rank(page)
                yield page
                if not page.position:
                    return

    def _rank(self, page: SummaryPage) -> None:
        users = page.summaries
        left_out = in_sorted(self._sources.leave_out, hash_strings([uid for uid, _ in users]))
        for is_left_out, (uid, summary) in zip(left_out.tolist(), users, strict=True):
            if not is_left_out and not summary.has_only_seen:
                self._add(uid, summary)
        self.progress.users += len(users)
        self.progress.left_out += int(np.count_nonzero(left_out))
        self.progress.reads += page.reads
        self.progress.position = page.position

    def _add(self, uid: str, summary: Summary) -> None:
        query = make_query(
            SessionRequest(),
            with_standard_languages(summary)[0],
            seed=0,
            now_us=self.progress.began_us,
        )
        standings = self._sources.ranker_of(uid).standings(query, self._rows)
        for index, member in find_members(uid, standings, self._request.within):
            self.audiences[index].add(member)

    def saved(self) -> bytes:
        """The progress, to be stored."""
        self.progress.found = [one.found for one in self.audiences]
        self.progress.members = [one.members() for one in self.audiences]
        return msgspec.msgpack.encode(self.progress)
