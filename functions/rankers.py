"""The rankers of a catalog, one for each scenario."""

from collections.abc import Collection, Iterator, Mapping

from feed.catalog import Catalog
from feed.pipeline import Ranker
from feed.scenario import Scenario


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

    def __getitem__(self, name: str) -> Ranker:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = Ranker(self._catalog, self._scenarios[name])
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._scenarios)

    def __len__(self) -> int:
        return len(self._scenarios)
