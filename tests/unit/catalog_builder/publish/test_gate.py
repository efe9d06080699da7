"""What the gate refuses."""

from catalog_builder.publish.gate import gate_violations
from tests.support.catalogs import catalog_of, episodes


def test_the_gate_lets_a_like_catalog_through_and_says_what_is_wrong_with_another() -> None:
    made = episodes(100)
    before = catalog_of(made)
    assert gate_violations(catalog_of(made[20:] + episodes(150)[100:]), before) == []
    assert [r.rule for r in gate_violations(catalog_of(made[21:]), before)] == ["lost_episodes"]
    assert [r.rule for r in gate_violations(catalog_of([]), before)] == ["empty"]
    assert [r.rule for r in gate_violations(before, None, min_coverage=0.99)] == ["vector_coverage"]
    blind = catalog_of(made, keep_vectors=False)
    assert gate_violations(blind, before) == gate_violations(before, blind) == []
    assert [r.rule for r in gate_violations(blind, None, min_coverage=0.99)] == ["vector_coverage"]
