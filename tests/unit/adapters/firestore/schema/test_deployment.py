"""What a deployment takes from a schema."""

from pathlib import Path

import pytest

from adapters.firestore.schema.__main__ import main
from adapters.firestore.schema.schema import PLAIN
from adapters.firestore.schema.triggers import trigger_paths
from tests.support.app import APP, SCHEMA

ROOT = Path(__file__).parents[5]


def test_the_plain_layout_has_the_triggers_of_the_scripts() -> None:
    script = (ROOT / "deploy" / "schema.sh").read_text()
    words = " ".join(
        name if "/" not in name else f"'{name}'"
        for pair in trigger_paths(PLAIN).items()
        for name in pair
    )
    assert f"{words})" in script


def test_each_source_has_a_trigger_and_no_trigger_fires_on_summaries() -> None:
    paths = trigger_paths(APP)
    assert paths == {
        "engagement": "users/{uid}/earshot_engagements/{id}",
        "profile": "users/{uid}/earshot/profile",
        "from-listens": "listens/{id}",
        "from-likes": "members/{uid}/likes/{id}",
        "from-ratings": "ratings/{id}",
        "deletion": "users/{uid}/earshot/deleted",
    }


def test_a_script_reads_a_line_for_each_thing_and_says_what_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "schema.toml"
    file.write_text(SCHEMA)
    assert main([str(file)]) == 0
    found = capsys.readouterr().out.splitlines()
    assert found[:4] == [
        "database\t(default)",
        "collection\tusers/{uid}/earshot",
        "collection\tusers/{uid}/earshot/conversations/earshot_conversations",
        "collection\tusers/{uid}/earshot_engagements",
    ]
    assert found[4:-1] == [f"trigger\t{name}\t{path}" for name, path in trigger_paths(APP).items()]
    assert found[-1] == "preferences\tnightly"
    file.write_text("[profil]")
    assert main([str(file)]) == 1
    assert "profil" in capsys.readouterr().err
