"""What a deployment tunes, from the files that its settings name."""

from collections.abc import Mapping
from pathlib import Path

from feed.home import file as homes
from feed.home.parameters import Home
from feed.scenarios import experiment as experiments
from feed.scenarios import scenario as scenarios
from feed.scenarios.experiment import Experiment
from feed.scenarios.scenario import Scenario
from functions.settings import Settings, SettingsError


def wire_scenarios(settings: Settings) -> dict[str, Scenario]:
    """Return the shipped scenarios and those of the folder SCENARIOS, by name.

    Raises `SettingsError`.
    """
    by_name = scenarios.shipped()
    if settings.SCENARIOS:
        if not Path(settings.SCENARIOS).is_dir():
            raise SettingsError(f"SCENARIOS: expected a folder, got {settings.SCENARIOS}")
        try:
            by_name |= scenarios.load_folder(Path(settings.SCENARIOS))
        except scenarios.ScenarioError as error:
            raise SettingsError(f"SCENARIOS: {error}") from error
    if settings.SCENARIO not in by_name:
        raise SettingsError(
            f"SCENARIO: expected one of {', '.join(by_name)}, got {settings.SCENARIO}"
        )
    return by_name


def wire_experiment(
    settings: Settings, scenarios_by_name: Mapping[str, Scenario]
) -> Experiment | None:
    """Return the experiment in the file that EXPERIMENT names, if it names one.

    Raises `SettingsError`.
    """
    if not settings.EXPERIMENT:
        return None
    try:
        experiment = experiments.load(Path(settings.EXPERIMENT))
    except experiments.ExperimentError as error:
        raise SettingsError(f"EXPERIMENT: {error}") from error
    for arm in experiment.arms:
        if arm not in scenarios_by_name:
            raise SettingsError(
                f"EXPERIMENT: {settings.EXPERIMENT}: arm {arm}: "
                f"expected one of {', '.join(scenarios_by_name)}"
            )
    return experiment


def wire_home(settings: Settings) -> Home:
    """Return the home page in the file that HOME_PAGE names, or the shipped one.

    Raises `SettingsError`.
    """
    if not settings.HOME_PAGE:
        return homes.shipped()
    try:
        return homes.load(Path(settings.HOME_PAGE))
    except homes.HomeError as error:
        raise SettingsError(f"HOME_PAGE: {error}") from error
