"""The file of an environment: which keys and values it may have."""

from pathlib import Path

import pytest

from deploy.environment import read_environment

EXAMPLE = Path(__file__).parents[3] / "deploy/env/example.toml"


def read(text: str) -> dict[str, str]:
    return read_environment(
        f'project = "p"\n{text}', switches=["SKIP_RULES"], values=["PROJECT", "CPU", "LIMIT_WRITES"]
    )


def test_keys_are_options_and_values_become_text() -> None:
    assert read('skip-rules = true\ncpu = 2\nlimit-writes = "60/60"') == {
        "PROJECT": "p",
        "SKIP_RULES": "true",
        "CPU": "2",
        "LIMIT_WRITES": "60/60",
    }
    assert read("skip-rules = false")["SKIP_RULES"] == "false"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("cpus = 2\nmemry = 1", "no option cpus, memry"),
        ("CPU = 2", "no option CPU"),
        ("limit_writes = 1", "no option limit_writes"),
        ("destroy = true", "no option destroy"),
        ('skip-rules = "yes"', "skip-rules: expected true or false"),
        ("cpu = true", "cpu: expected a text or a number"),
        ("cpu = [1]", "cpu: expected a text or a number"),
        ('cpu = """1\n2"""', "cpu: expected a text of one line"),
    ],
)
def test_what_is_no_option_is_refused_by_name(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(text)


def test_an_environment_has_a_project_of_its_own() -> None:
    with pytest.raises(ValueError, match="expected project"):
        read_environment("cpu = 1", switches=[], values=["CPU"])
