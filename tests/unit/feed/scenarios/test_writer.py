"""A written scenario is the one that is read from its file."""

import msgspec
import pytest

from feed import cli
from feed.scenarios.scenario import Scenario, parse
from feed.scenarios.writer import to_toml

RULES = """
name = "ruled"
description = "Quotes \\" and \\\\, a break\\n, a DEL \\u007f, ü and 🎧."
[[rules.filters]]
show = "never"
where = { explicit = true }
[[rules.pins]]
slot = 3
where = { categories = ["Health"], languages = ["en"] }
[blend]
recency_decay = 1e-7
"""
EVERY = [*cli.known_scenarios().values(), Scenario(name="plain"), parse(RULES)]


@pytest.mark.parametrize("scenario", EVERY, ids=lambda one: one.name)
def test_a_written_scenario_is_read_back(scenario: Scenario) -> None:
    assert parse(to_toml(scenario)) == scenario


def test_only_what_differs_from_the_defaults_is_written() -> None:
    scenario = msgspec.structs.replace(Scenario(name="plain"), description="Nothing else.")
    assert to_toml(scenario) == 'name = "plain"\ndescription = "Nothing else."\n'
