"""Users whose interactions make the signals of a catalog of 30 generated episodes."""

from collections.abc import Sequence

from hypothesis import strategies as st

from catalog_builder.build import build_catalog
from catalog_builder.signals.aggregates import SignalParameters
from feed.catalog.catalog import Catalog
from feed.model.engagement import ENGAGEMENT_TYPES, Engagement, Summary
from feed.model.timestamps import DAY_US, to_us
from tests.support.catalogs import NOW, catalog_of, episodes, vectors_of

CATALOG = catalog_of(episodes(30))
US = to_us(NOW)

summaries = st.lists(
    st.lists(
        st.builds(
            Engagement,
            id=st.just(""),
            episode_id=st.integers(0, 33).map(lambda n: f"episode-{n}"),
            type=st.sampled_from(ENGAGEMENT_TYPES),
            timestamp_us=st.integers(0, 300).map(lambda days: US - days * DAY_US),
            progress=st.none() | st.sampled_from([0.0, 0.05, 0.5, 0.95, 1.0]),
        ),
        max_size=12,
    ).map(lambda some: Summary(engagements=tuple(some))),
    max_size=12,
)
"""Hypothesis strategy: up to 12 users with up to 12 engagements, some with unknown episodes."""


def engagement(user: int, episode: int, kind: str = "complete", days: int = 0) -> Engagement:
    """Returns an engagement with `episode-N`, this many days ago."""
    return Engagement(
        id=f"{user}-{episode}",
        episode_id=f"episode-{episode}",
        type=kind,  # type: ignore[arg-type]
        timestamp_us=US - days * DAY_US,
    )


def listeners(*users: Sequence[int]) -> list[Summary]:
    """Returns a summary for each list: the episodes that one user completed, one a day."""
    return [
        Summary(
            engagements=tuple(
                engagement(user, episode, days=len(numbers) - at)
                for at, episode in enumerate(numbers)
            )
        )
        for user, numbers in enumerate(users)
    ]


def catalog_heard_by(users: list[Summary], min_users: int = 1, count: int = 30) -> Catalog:
    """Returns a catalog of generated episodes with the signals of these users."""
    some = episodes(count)
    parameters = SignalParameters(min_users=min_users)
    return build_catalog(some, vectors_of(some), NOW, summaries=users, parameters=parameters)


def neighbours_of(catalog: Catalog, row: int) -> dict[int, float]:
    """Returns the weight of each neighbour of an episode, by row."""
    start, end = catalog.signals.neighbour_starts[row : row + 2]
    rows = catalog.signals.neighbour_rows[start:end].tolist()
    return dict(zip(rows, catalog.signals.neighbour_weights[start:end].tolist(), strict=True))
