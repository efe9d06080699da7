import pytest

from feed.scenarios.parameters import BlendParameters
from feed.scenarios.scenario import ScenarioError, parse, shipped

MINIMAL = 'name = "mine"\n'


def test_the_shipped_scenarios_are_there_and_valid() -> None:
    assert set(shipped()) >= {"baseline", "for_you"}


def test_baseline_is_what_its_definition_says() -> None:
    one = shipped()["baseline"]
    assert one.blend == BlendParameters(
        similarity=0.55, quality=0.30, recency=0.15, recency_decay=0.03
    )
    assert one.interests.weights == {"bookmark": 2}
    assert (one.interests.newest, one.interests.category_blend) == (10, 0.15)
    assert one.filters.freshness_days == (90,)
    assert (one.selector.series_decay, one.selector.max_per_series) == (0.7, 2)
    assert (one.sources.candidates, one.sources.fill) == (150, False)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "name"),
        ('name = "Not This"', r"\$.name"),
        (MINIMAL + "[blend]\nsimilarity = 11", r"\$.blend.similarity"),
        (MINIMAL + "[blend]\nsimilarity = -0.1", r"\$.blend.similarity"),
        (MINIMAL + '[blend]\nsimilarity = "much"', r"\$.blend.similarity"),
        (MINIMAL + "[blend]\nsimilarty = 1", "similarty"),
        (MINIMAL + "[blends]\nsimilarity = 1", "blends"),
        (MINIMAL + "[interests.weights]\nbookmrk = 2", "weights"),
        (MINIMAL + "[interests.weights]\nbookmark = 99", r"\$.interests.weights"),
        (MINIMAL + "[filters]\nfreshness_days = [90, 30]", "freshness_days"),
        (MINIMAL + "[filters]\nfreshness_days = [90, 90]", "freshness_days"),
        (MINIMAL + '[filters]\nmissing = "perhaps"', r"\$.filters.missing"),
        (MINIMAL + "[selector]\nqueue = 151", r"\$.selector.queue"),
        (MINIMAL + "[blend]\nsimilarity = nan", r"\$.blend.similarity"),
        ("name = ", "not TOML"),
    ],
)
def test_a_scenario_that_cannot_be_used_is_refused_with_the_name_of_its_key(
    text: str, named: str
) -> None:
    with pytest.raises(ScenarioError, match=named):
        parse(text)
