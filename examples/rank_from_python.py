"""Ranks the demo catalog for a user with one bookmark and prints the first ten episodes.

Run it from the root of the repository: `.venv/bin/python -m examples.rank_from_python`.
"""

from datetime import UTC, datetime

from catalog_builder.build_options import BuildOptions
from catalog_builder.job import build
from catalog_builder.wiring import build_inputs
from feed.model.engagement import Engagement
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.user.query import Query

now = datetime(2026, 11, 22, 12, tzinfo=UTC)
catalog = build(build_inputs(BuildOptions(), now)).catalog  # without options: the demo catalog
bookmark = Engagement(
    id="1", episode_id="the-long-orbit-003", type="bookmark", timestamp_us=to_us(now)
)
slate = Ranker(catalog, shipped()["for_you"]).rank(
    Query(engagements=(bookmark,), now_us=to_us(now), seed=1)
)
for row, (*_, score) in zip(slate.rows[:10].tolist(), slate.scores.tolist(), strict=False):
    print(f"{score / 1e6:.3f}  {catalog.ids[row]}")
