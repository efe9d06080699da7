"""Reads the inputs of an evaluation with the catalog builder's readers, and writes its results."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from catalog_builder import wiring
from catalog_builder.build_options import BuildOptions
from catalog_builder.episodes.validation import load_fields, validate_episodes
from catalog_builder.errors import CommandError
from catalog_builder.progress import say
from catalog_builder.wiring import episode_source, vector_store, write_file
from feed import cli
from feed.model.episode import Episode
from feed.ports.episodes import Vectors
from feed.scenarios import experiment as experiments
from feed.scenarios import scenario as scenarios
from feed.scenarios.experiment import Experiment, ExperimentError
from feed.scenarios.scenario import Scenario, ScenarioError

SHOWN_PROBLEMS = 5


@dataclass(frozen=True)
class CatalogInput:
    """Episodes and their vectors, the input of a catalog build."""

    episodes: Sequence[Episode]
    vectors: Vectors


def read_catalog_input(
    episodes: str, vectors: str = "", fields: Path | None = None, today: date = date.max
) -> CatalogInput:
    """Read episodes and vectors with the readers of the catalog builder.

    Args:
        episodes: a file; empty for the demo catalog as of `today`
        vectors: a file; empty to compute vectors from the text
        fields: a TOML file that maps field names
        today: the newest date of the demo catalog

    Raises:
        CommandError: a file cannot be read or has no valid episode.
        Unavailable: a source does not answer.
    """
    sources = BuildOptions(episodes=episodes, vectors=vectors)
    read = validate_episodes(
        episode_source(sources, today).read(), load_fields(fields) if fields else None
    )
    for problem in read.problems[:SHOWN_PROBLEMS]:
        say(f"skipped: {problem.where}: {problem.reason}")
    if len(read.problems) > SHOWN_PROBLEMS:
        say(f"skipped: {len(read.problems) - SHOWN_PROBLEMS:,} more")
    if not read.episodes:
        raise CommandError(f"{episodes}: expected at least one valid episode, got none")
    return CatalogInput(read.episodes, vector_store(sources).vectors(read.episodes))


def query_embedder(vectors: str) -> Callable[[Sequence[str]], npt.NDArray[np.float32]] | None:
    """What embeds (k,) queries like the episodes, as (k, D) unit vectors; None if nothing does."""
    return wiring.query_embedder(BuildOptions(vectors=vectors))


def known_scenarios(folder: Path | None) -> dict[str, Scenario]:
    """By name: the scenarios of Earshot and those in `folder`.

    Raises:
        CommandError: the folder does not exist, or a file is no valid scenario.
    """
    known = cli.known_scenarios()
    if folder is not None:
        if not folder.is_dir():
            raise CommandError(f"{folder}: expected a folder of scenarios")
        try:
            known |= scenarios.load_folder(folder)
        except ScenarioError as error:
            raise CommandError(str(error)) from error
    return known


def chosen_scenarios(names: Sequence[str], folder: Path | None) -> list[Scenario]:
    """The scenarios with these names, or in these .toml files, in order.

    Raises:
        CommandError: a name is unknown or occurs twice, or a file is no valid scenario.
    """
    known = known_scenarios(folder)
    chosen: dict[str, Scenario] = {}
    for name in names:
        try:
            scenario = cli.scenario(name, known)
        except ScenarioError as error:
            raise CommandError(str(error)) from error
        if scenario.name in chosen:
            raise CommandError(f"scenario {scenario.name!r}: expected each name once")
        chosen[scenario.name] = scenario
    return list(chosen.values())


def read_experiment(path: Path) -> Experiment:
    """The experiment of a file. Raises `CommandError` if it cannot be read or is not valid."""
    try:
        return experiments.load(path)
    except ExperimentError as error:
        raise CommandError(str(error)) from error


def write_json(path: Path | None, found: Any) -> None:
    """Write `found` as JSON to a file, atomically; do nothing if `path` is None."""
    if path is not None:
        write_file(path, msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
