"""Generated pages of docs/ say what the code says."""

import msgspec
import pytest

from feed.scenarios.experiment import Experiment
from feed.scenarios.rules import Where
from feed.scenarios.scenario import Scenario
from functions.settings import Settings
from operations.pages import DOCS, PAGES_WITH_TABLES, settings_page, with_tables


def keys(section: str) -> list[str]:
    """The first column of the tables of a section."""
    return [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]


def test_the_page_of_settings_is_up_to_date() -> None:
    assert (DOCS / "settings.md").read_text() == settings_page(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES_WITH_TABLES)
def test_the_tables_of_a_page_are_up_to_date(page: str) -> None:
    text = (DOCS / page).read_text()
    assert text == with_tables(text), "run `make docs`"


def test_every_setting_is_documented() -> None:
    assert sorted(keys(settings_page())) == sorted(Settings.__struct_fields__)


def test_every_key_of_a_scenario_and_of_an_experiment_is_documented() -> None:
    text = (DOCS / "scenarios.md").read_text()
    for table in msgspec.structs.fields(Scenario):
        if isinstance(table.type, type) and issubclass(table.type, msgspec.Struct):
            section = text.split(f"## `[{table.name}]`")[1].split("\n## ")[0]
            conditions = Where.__struct_fields__ if table.name == "rules" else ()
            assert keys(section) == [*table.type.__struct_fields__, *conditions], table.name
    table_of_experiment = (DOCS / "experiments.md").read_text().split("<!-- end -->")[0]
    assert keys(table_of_experiment) == [*Experiment.__struct_fields__]
