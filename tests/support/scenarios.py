"""Scenarios for tests.

`PLAIN` blends little more than similarity, quality and recency. Tests of the pipeline use it, so
that tuning a shipped scenario changes none of them.
"""

from pathlib import Path

from feed import cli
from feed.scenarios.scenario import parse

TEXT = """
name = "plain"

[interests]
newest = 10
progress_floor = 0.1
progress_unknown = 0.5
category_blend = 0.15

[interests.weights]
click = 0.5
listen = 1
complete = 1.5
bookmark = 2
like = 2
share = 2
not_interested = 0

[quality]
missing = "median"

[filters]
min_credibility = 2
min_combined = 5
missing = "pass"
freshness_days = [90, 180, 365, 730, 1460]
unlimited = true

[sources]
candidates = 150
fill = true
neighbours = 100
trending = 50

[blend]
similarity = 0.55
quality = 0.30
recency = 0.15
recency_decay = 0.03
# Where there are signals of other listeners; a logarithm each.
neighbours = 0.07
popularity_day = 0.04
popularity_week = 0.04
popularity_ever = 0.02
aversion = 0.25
served = 0.10

[selector]
queue = 150
series_decay = 0.7
max_per_series = 2
limit_unnamed = false
relax_below = 20
near_duplicate = 0.95
"""
PLAIN = parse(TEXT)
FILMS = cli.known_scenarios()["films"]


def plain_settings(folder: Path) -> dict[str, str]:
    """Write `PLAIN` to a folder: the settings of a server whose default scenario it is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plain.toml").write_text(TEXT)
    return {"SCENARIOS": str(folder), "SCENARIO": "plain"}
