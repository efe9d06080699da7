"""Generated pages of docs/ say what the code says."""

from functions.settings import Settings
from operations.pages import DOCS, settings_page


def test_the_page_of_settings_is_up_to_date() -> None:
    assert (DOCS / "settings.md").read_text() == settings_page(), "run `make docs`"


def test_every_setting_is_documented() -> None:
    rows = [line.split("`")[1] for line in settings_page().splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted(Settings.__struct_fields__)
