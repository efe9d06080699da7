"""Ranks the demo catalog for a user with one bookmark and prints the first ten episodes.

Run it from the root of the repository: `.venv/bin/python -m examples.rank_from_python`.
"""

from datetime import UTC, datetime

from catalog_builder.episodes.allowance import parse_allowance
from catalog_builder.job import BuildInputs, build
from catalog_builder.wiring import SourceOptions, episode_source, vector_store
from feed.model.engagement import Engagement
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.user.query import Query

now = datetime(2026, 11, 22, 12, tzinfo=UTC)
sources = SourceOptions()  # neither a file nor feeds: the demo catalog
episodes, vectors = episode_source(sources, now.date()), vector_store(sources)
inputs = BuildInputs(episodes=episodes, vectors=vectors, now=now, max_bad=parse_allowance("10%"))
catalog = build(inputs).catalog
bookmark = Engagement(
    id="1", episode_id="the-long-orbit-003", type="bookmark", timestamp_us=to_us(now)
)
slate = Ranker(catalog, shipped()["for_you"]).rank(
    Query(engagements=(bookmark,), now_us=to_us(now), seed=1)
)
for row, (*_, score) in zip(slate.rows[:10].tolist(), slate.scores.tolist(), strict=False):
    print(f"{score / 1e6:.3f}  {catalog.ids[row]}")
