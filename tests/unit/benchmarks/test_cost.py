"""The cost of sessions follows from measured resources and prices alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import cost
from benchmarks.report.prices import FILE, read_prices
from operations.passes.cost import READ_PRICE, WRITE_PRICE, Spending

PRICES = read_prices()
FOUND = cost.SessionResources(
    processor_ms=2.0,
    answer_bytes=10_000,
    log_bytes=1_000,
    writes=1.0,
    summaries_from="SQLite",
    event_ms=1.5,
    event=Spending(4, 1),
)


def test_every_price_has_a_source_a_date_and_says_if_it_was_checked() -> None:
    for name in PRICES.__struct_fields__:
        price = getattr(PRICES, name)
        assert price.dollars > 0, name
        assert price.unit, name
        assert price.date.year >= 2020, name
    assert any(getattr(PRICES, name).checked for name in PRICES.__struct_fields__)


def test_reconcile_and_the_benchmarks_use_the_same_prices() -> None:
    assert PRICES.read.of(100_000) == pytest.approx(READ_PRICE)
    assert PRICES.write.of(100_000) == pytest.approx(WRITE_PRICE)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("dollars = 0.40", "dollars = -0.40", "`float` >= 0.0 - at `$.invocation.dollars`"),
        ("[invocation]", "[invocations]", "unknown field `invocations`"),
        ("per = 1_000_000", "per = 0", "`int` >= 1 - at `$.invocation.per`"),
        ('source = "https://www.pinecone.io', 'source = "pinecone', "at `$.read_unit.source`"),
        ("checked = true", 'checked = "yes"', "`bool`, got `str` - at `$.vcpu_second.checked`"),
        ("[read]", "[read", "prices.toml: "),
    ],
)
def test_an_invalid_price_is_an_error_that_names_it(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    file = tmp_path / "prices.toml"
    text = FILE.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))
    with pytest.raises(ValueError, match=r"prices\.toml: ") as raised:
        read_prices(file)
    assert said in str(raised.value)
    with pytest.raises(SystemExit, match=r"prices\.toml: "):
        cost.main(["--prices", str(file)])


def test_sessions_cost_what_they_use() -> None:
    shared = cost.sessions(PRICES, FOUND, alone=False)
    assert shared["reads"] == pytest.approx(0.60)
    assert shared["writes of impressions"] == pytest.approx(1.80)
    assert cost.sessions(PRICES, FOUND._replace(writes=0.0), alone=False) == {
        **shared,
        "writes of impressions": 0,
    }
    assert shared["requests"] == pytest.approx(0.40)
    assert shared["processor and memory"] == pytest.approx(2000 / 0.6 * 0.0000265)
    assert shared["bytes to listeners"] == pytest.approx(10**10 / 2**30 * 0.12)
    alone = cost.sessions(PRICES, FOUND, alone=True)
    assert alone["processor and memory"] == pytest.approx(100_000 * 0.0000265)
    assert {**alone, "processor and memory": 0} == {**shared, "processor and memory": 0}


def test_the_original_approach_costs_what_its_reads_cost() -> None:
    few = cost.original_approach(PRICES, FOUND, 80.0, 160)
    assert few["engagements and user read"] == pytest.approx(300.60)
    assert few["episodes read, twice"] == pytest.approx(2400)
    assert few["vectors"] == pytest.approx(256)
    assert cost.original_approach(PRICES, FOUND, 80.0, 500)["vectors"] == pytest.approx(800)


def test_an_engagement_costs_its_write_and_the_summary_update() -> None:
    spent = cost.engagements(PRICES, FOUND)
    assert spent["reads"] == pytest.approx(2.40)
    assert spent["writes"] == pytest.approx(3.60)
    assert "processor and memory" not in cost.engagements(PRICES, FOUND._replace(event_ms=None))


def test_cost_follows_from_the_results_of_other_benchmarks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost, "EPISODES", 100)  # of the approach that is measured beside it

    def written(name: str, found: dict[str, Any]) -> str:
        file = tmp_path / f"{name}.json"
        rest = {"name": name, "about": "", "tables": [], "command": "", "date": "", "machine": ""}
        file.write_text(json.dumps({**rest, "found": found}))
        return str(file)

    figures = {"processor_ms": 2.0, "bytes": 10_000, "log_bytes": 1_000, "degraded": 0.0}
    few = figures | {"processor_ms": 99.0}
    many = figures | {"processor_ms": 1.0, "degraded": 0.4}  # less work, as without summaries
    at = {
        connections: {name: {"median": x} for name, x in some.items()}
        for connections, some in {"4": few, "16": figures, "64": many}.items()
    }
    contenders = {"SQLite": at, "SQLite, returning": at, "constant": at}
    http = written("http", {"contenders": contenders})
    events = written("summary", {"many users": {"processor_ms": 1.5}})
    out = tmp_path / "cost.json"
    cost.main(["--http", http, "--summary", events, "--json", str(out)])
    found = json.loads(out.read_text())["found"]
    assert found["dollars"]["shared"] == cost.sessions(PRICES, FOUND, alone=False)
    assert found["measured"]["event"]["writes"] == 1
    assert 1 < found["measured"]["event"]["reads"] < 6
    assert "Prices not checked: egress_hosting, log." in capsys.readouterr().out
