"""The rankers of a catalog, one for each scenario."""

from collections.abc import Collection, Iterator, Mapping

from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import Scenario
from feed.session import pages as sessions
from feed.user.query import Query


class Rankers(Mapping[str, Ranker]):
    """By scenario. Those that are expected are made at once, another when it is first asked for.

    Each takes time and memory in proportion to the catalog.
    """

    def __init__(
        self, catalog: Catalog, scenarios: Mapping[str, Scenario], expected: Collection[str]
    ) -> None:
        self._catalog = catalog
        self._scenarios = scenarios
        self._made = {name: Ranker(catalog, scenarios[name]) for name in expected}
        self.warm_up()

    def warm_up(self) -> None:
        """A session for nobody of each that is made: what only the first one has to do is done."""
        for ranker in self._made.values():
            _warm_up(ranker)

    def __getitem__(self, name: str) -> Ranker:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = Ranker(self._catalog, self._scenarios[name])
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._scenarios)

    def __len__(self) -> int:
        return len(self._scenarios)


def _warm_up(ranker: Ranker) -> None:
    catalog = ranker.catalog
    heard = tuple(
        Engagement(
            id=name, episode_id=name, type="complete", timestamp_us=catalog.created_us - place
        )
        for place, name in enumerate(catalog.ids[row] for row in range(min(len(catalog), 20)))
    )
    query = Query(engagements=heard, now_us=catalog.created_us)
    session = sessions.create(ranker, query)
    sessions.page(catalog, session, 10, uid=None, keys=(b"",), expires_us=0)
