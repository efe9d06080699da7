import re

import msgspec
import pytest

from feed.scenarios.scenario import ScenarioError, parse, shipped

MINIMAL = 'name = "mine"\n'


def test_the_shipped_scenarios_have_no_rules() -> None:
    assert shipped().keys() == {"baseline", "for_you"}
    for scenario in shipped().values():
        assert not any(msgspec.to_builtins(scenario.rules).values())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "name"),
        ('name = "Not This"', "$.name"),
        ("name = ", "not TOML"),
        ("[blends]\nsimilarity = 1", "blends"),
        ("[blend]\nsimilarity = 11", "$.blend.similarity"),
        ("[blend]\nsimilarity = -0.1", "$.blend.similarity"),
        ("[blend]\nsimilarity = nan", "$.blend.similarity"),
        ('[blend]\nsimilarity = "much"', "$.blend.similarity"),
        ("[blend]\nsimilarty = 1", "similarty"),
        ("[interests.weights]\nbookmrk = 2", "weights"),
        ("[interests.weights]\nbookmark = 99", "$.interests.weights"),
        ("[filters]\nfreshness_days = [90, 30]", "freshness_days"),
        ("[filters]\nfreshness_days = [90, 90]", "freshness_days"),
        ('[filters]\nmissing = "perhaps"', "$.filters.missing"),
        (
            "[blend.curves.trend]\nat = [0]\nvalue = [0]",
            "part of the score - at `$.blend.curves.trend`",
        ),
        ("[blend.curves.age]\nat = [nan]\nvalue = [0]", "$.blend.curves[...].at[0]"),
        ("[blend.curves.age]\nat = [1, 0]\nvalue = [0, 0]", "rising knots"),
        ("[blend.curves.age]\nat = [0, 1]\nvalue = [0]", "a value for each"),
        ("[selector]\nqueue = 151", "$.selector.queue"),
        ("[rules]\npromote = []", "unknown field `promote`"),
        ('[[rules.pins]]\nslot = 1\nwhere = { topic = ["Go"] }', "unknown field `topic`"),
        ("[[rules.pins]]\nslot = 0\nwhere = { explicit = true }", "$.rules.pins[0].slot"),
        (2 * "[[rules.pins]]\nslot = 7\nwhere = { explicit = true }\n", "`$.rules.pins[1].slot`"),
        ('[[rules.filters]]\nshow = "maybe"\nwhere = { explicit = true }', "rules.filters[0].show"),
        ("[[rules.filters]]\nshow = 'never'\nwhere = {}", "`$.rules.filters[0].where`"),
        ("[[rules.boosts]]\nadd = 11\nwhere = { explicit = true }", "$.rules.boosts[0].add"),
        (
            "[[rules.boosts]]\nadd = 1\nwhere = { min_age_days = 9, max_age_days = 8 }",
            "expected at least 9 - at `$.rules.boosts[0].where.max_age_days`",
        ),
    ],
)
def test_a_scenario_that_cannot_be_used_is_refused_by_the_name_of_its_key(
    text: str, message: str
) -> None:
    named = "" if not text or text.startswith("name") else MINIMAL
    with pytest.raises(ScenarioError, match=re.escape(message)):
        parse(named + text)
