"""Running: a search on an experiment, and the scenario that comes of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from catalog_builder.errors import CommandError
from catalog_builder.progress import say, track
from evaluation.offline import replay as offline
from evaluation.offline.earshot import Earshot
from evaluation.offline.setup import Experiment
from evaluation.tuning import record
from evaluation.tuning.search import Trial, best, search
from evaluation.tuning.space import Space
from evaluation.tuning.written import differing, toml
from feed.scenarios.scenario import Scenario


def tune(space: Space, experiment: Experiment, trials: int, seed: int, path: Path) -> list[Trial]:
    """The trials, each recorded in `path` as soon as it is made. Raises `CommandError`."""
    ks = sorted({int(name.partition("@")[2]) for name in space.objective if "@" in name} or {20})

    def evaluate(values: Mapping[str, float]) -> Mapping[str, float]:
        ranking = Earshot(experiment.learned, space.scenario(values))
        outcome = offline.measure(ranking, experiment.learned, experiment.targets, ks, resamples=0)
        for name in space.objective:
            if name not in outcome.metrics:
                raise CommandError(
                    f"objective: {name}: there is nothing in this data to measure it by"
                )
        return outcome.metrics

    key = record.key_of(space, experiment, seed)
    done = record.read(path, key, space)
    record.start(path, key, done)
    if done:
        say(f"{path}: goes on after {len(done)} trials")
    made: list[Trial] = []
    try:
        for trial in track(search(space, trials, seed, evaluate, done), "trials", trials):
            made.append(trial)
            if trial.number >= len(done):
                record.append(path, trial)
            if best(made) is trial:
                say(f"trial {trial.number}: {trial.worth:.4f}")
    except ValueError as error:
        raise CommandError(f"{path}: {error}: name another file, or delete it") from error
    return made


def tuned(space: Space, values: Mapping[str, float], name: str, told: str) -> tuple[Scenario, str]:
    """The scenario of these values, and its file: what is not as usual. Raises `CommandError`."""
    scenario = msgspec.structs.replace(space.scenario(values, name), description=told)
    built: dict[str, Any] = msgspec.to_builtins(scenario)
    usual = msgspec.to_builtins(Scenario(name=""))
    return scenario, toml(differing(built, usual))
