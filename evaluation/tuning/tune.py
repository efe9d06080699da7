"""Runs a parameter search on an offline run and writes the scenario that it found."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from catalog_builder.errors import CommandError
from catalog_builder.progress import say, track
from evaluation.offline import replay
from evaluation.offline.run import OfflineRun
from evaluation.offline.scenario_recommender import ScenarioRecommender
from evaluation.tuning import record
from evaluation.tuning.search import Trial, best, search
from evaluation.tuning.space import SearchSpace
from feed.scenarios.scenario import Scenario
from feed.scenarios.writer import to_toml


def search_parameters(
    space: SearchSpace, run: OfflineRun, trials: int, seed: int, path: Path
) -> list[Trial]:
    """Search for the best parameters, appending each trial to the record `path`.

    Resumes from the trials that `path` holds already.

    Raises:
        CommandError: the record is of another search, or the data lack a metric of the objective.
    """
    ks = sorted(
        {int(name.partition("@")[2]) for name in space.objective_weights if "@" in name} or {20}
    )

    def evaluate(values: Mapping[str, float]) -> Mapping[str, float]:
        ranking = ScenarioRecommender(run.training, space.scenario(values))
        outcome = replay.measure(ranking, run.training, run.targets, ks, resamples=0)
        for name in space.objective_weights:
            if name not in outcome.metrics:
                raise CommandError(f"objective: {name}: this data has no value for the metric")
        return outcome.metrics

    key = record.key_of(space, run, seed)
    done = record.read(path, key, space)
    record.start(path, key, done)
    if done:
        say(f"{path}: resuming after {len(done)} trials")
    all_trials: list[Trial] = []
    try:
        for trial in track(search(space, trials, seed, evaluate, done), "trials", trials):
            all_trials.append(trial)
            if trial.number >= len(done):
                record.append(path, trial)
            if best(all_trials) is trial:
                say(f"trial {trial.number}: {trial.objective:.4f}")
    except ValueError as error:
        raise CommandError(f"{path}: {error}: name another file, or delete it") from error
    return all_trials


def tuned_scenario(
    space: SearchSpace, values: Mapping[str, float], name: str, description: str
) -> tuple[Scenario, str]:
    """The scenario with these values, and a TOML file of what differs from the defaults.

    Raises:
        CommandError: a value is not allowed in a scenario.
    """
    scenario = msgspec.structs.replace(space.scenario(values, name), description=description)
    return scenario, to_toml(scenario)
