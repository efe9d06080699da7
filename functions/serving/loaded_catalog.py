"""A catalog in memory that is ready to rank, with one ranker per scenario."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from feed.catalog.catalog import Catalog
from feed.home.assembly import HomeRanker
from feed.home.parameters import Home
from feed.model.engagement import Engagement
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import Scenario
from feed.session import pages
from feed.user.query import Query

_WARM_UP_ENGAGEMENTS = 20


class Rankers(Mapping[str, Ranker]):
    """The rankers of one catalog by scenario name, each made when it is first asked for.

    A ranker takes time and memory in proportion to the catalog.
    """

    def __init__(
        self, catalog: Catalog, scenarios: Mapping[str, Scenario], expected: Collection[str]
    ) -> None:
        """Make and warm up the rankers of the scenarios named in `expected` at once.

        Their series have vectors then: those of a large catalog would hold up the first request.
        """
        self._catalog = catalog
        self._scenarios = scenarios
        self._rankers = {name: Ranker(catalog, scenarios[name]) for name in expected}
        for ranker in self._rankers.values():
            if catalog.embeddings.in_memory:
                ranker.series.vectors  # noqa: B018  # computed by the first access
        self.warm_up()

    def warm_up(self) -> None:
        """Rank a session with each ranker made so far, so that no later one is the slow first."""
        for ranker in self._rankers.values():
            _rank_once(ranker)

    def __getitem__(self, name: str) -> Ranker:
        if name not in self._rankers:
            self._rankers[name] = Ranker(self._catalog, self._scenarios[name])
        return self._rankers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._scenarios)

    def __len__(self) -> int:
        return len(self._scenarios)


@dataclass(frozen=True)
class LoadedCatalog:
    """A catalog and its rankers."""

    catalog: Catalog
    rankers: Rankers
    size_bytes: int
    """of its snapshot"""
    _homes: dict[str, HomeRanker] = field(default_factory=dict)

    def home_ranker(self, ranker: Ranker, home: Home) -> HomeRanker:
        """Return what makes home pages with a ranker, made when it is first asked for."""
        name = ranker.scenario.name
        if name not in self._homes:
            self._homes[name] = HomeRanker(ranker, home)
        return self._homes[name]


def _rank_once(ranker: Ranker) -> None:
    catalog = ranker.catalog
    engagements = tuple(
        Engagement(
            id=name, episode_id=name, type="complete", timestamp_us=catalog.created_us - age_us
        )
        for age_us, name in enumerate(
            catalog.ids[row] for row in range(min(len(catalog), _WARM_UP_ENGAGEMENTS))
        )
    )
    session = pages.create(ranker, Query(engagements=engagements, now_us=catalog.created_us))
    pages.page(catalog, session, 10, uid=None, keys=(b"",), expires_us=0)
