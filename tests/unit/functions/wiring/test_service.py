"""A setting that cannot be wired is named, with the file and the place in it."""

from pathlib import Path

import pytest

from functions.settings import Settings, SettingsError, read_settings
from functions.wiring.service import wire
from functions.wiring.verifiers import _user_verifier
from tests.support.bearers import request

EXPERIMENT = 'name = "autumn"\nshare = 0.7\n[arms]\nbaseline = 1\nmine = 1\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a scenario and an experiment."""
    (tmp_path / "mine.toml").write_text('name = "mine"\n[blend]\nrecency = 5\n')
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "autumn.toml").write_text(EXPERIMENT)
    return tmp_path


def settings_in(folder: Path, **changes: str) -> dict[str, str]:
    return {
        "STORE": str(folder / "users.db"),
        "SHELF": str(folder / "shelf"),
        "AUTH": "demo",
        "SCENARIOS": str(folder),
        "EXPERIMENT": str(folder / "experiments" / "autumn.toml"),
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"WEB": "nowhere"}, "WEB: expected a folder, got nowhere"),
        ({"SCENARIO": "nonsense"}, "SCENARIO: expected one of .*, got nonsense"),
        ({"SCENARIOS": "nowhere"}, "SCENARIOS: expected a folder, got nowhere"),
        ({"SCENARIOS": ""}, r"EXPERIMENT: .*autumn\.toml: arm mine: expected one of"),
        ({"EXPERIMENT": "nowhere.toml"}, r"EXPERIMENT: nowhere\.toml: No such file"),
        ({"HOME_PAGE": "nowhere.toml"}, r"HOME_PAGE: nowhere\.toml: No such file"),
        ({"AUTH": "none"}, "EXPERIMENT: .*AUTH=none"),
        (
            {"RETRIEVAL": "pinecone", "PINECONE_HOST": "nowhere", "PINECONE_API_KEY": "key"},
            "PINECONE_HOST or PINECONE_API_KEY",
        ),
    ],
)
def test_a_setting_that_cannot_be_wired_is_named(
    folder: Path, changes: dict[str, str], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        wire(read_settings(settings_in(folder, **changes)))


@pytest.mark.parametrize(
    ("experiment", "message"),
    [
        (EXPERIMENT + "nonsense = 1\n", "arm nonsense: expected one of .*mine"),
        ("shrae = 1\n" + EXPERIMENT, "experiment: .*shrae"),
        (EXPERIMENT.replace("0.7", "7"), r"experiment: .*\$\.share"),
    ],
)
def test_an_experiment_that_cannot_be_run_is_named(
    folder: Path, experiment: str, message: str
) -> None:
    (folder / "experiments" / "autumn.toml").write_text(experiment)
    with pytest.raises(SettingsError, match=rf"EXPERIMENT: .*autumn\.toml: {message}"):
        wire(read_settings(settings_in(folder)))


@pytest.mark.parametrize(("k_service", "is_admin"), [("", True), ("create-session", False)])
async def test_without_users_all_are_admins_locally_and_none_is_in_the_cloud(
    k_service: str, is_admin: bool
) -> None:
    verifier = _user_verifier(Settings(AUTH="none", K_SERVICE=k_service))
    assert await verifier.is_admin(request()) is is_admin
