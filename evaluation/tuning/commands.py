"""The commands that make scenarios from interactions."""

import argparse
from dataclasses import replace
from pathlib import Path

from catalog_builder.errors import CommandError
from catalog_builder.progress import stage
from catalog_builder.wiring import write_file
from evaluation.arguments import (
    AddCommand,
    add,
    add_data,
    count,
    files_of,
    interval_us,
    power,
    shares,
)
from evaluation.offline.run import prepare
from evaluation.tuning.fit import ChoiceData, fitted_scenario
from evaluation.tuning.search import best
from evaluation.tuning.space import load_space
from evaluation.tuning.tune import search_parameters, tuned_scenario
from evaluation.wiring import chosen_scenarios
from feed import cli
from feed.model.timestamps import rfc3339
from feed.scenarios.writer import to_toml


def add_commands(add_command: AddCommand) -> None:
    """Add the commands of this module with their options."""
    _add_fit(add_command(fit))
    _add_tune(add_command(tune))


def _add_fit(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command that fits curves."""
    pairs = "may be repeated, as many times as --interactions: the curves suit all of the data"
    add(parser, "--episodes", "FILE", f"episodes; {pairs}", action="append", required=True)
    interactions = "interactions with the episodes of the same place"
    add(parser, "--interactions", "TRAIN.csv", interactions, Path, action="append", required=True)
    start = "scenario to start from: the parts to fit have a curve"
    add(parser, "--scenario", "NAME|FILE.toml", start, default="for_you")
    add(parser, "--scenarios", "DIR", "folder of further scenarios", Path)
    cuts = "shares of the interactions before the cuts (default: 0.6,0.7,0.8)"
    add(parser, "--cut", "SHARE[,SHARE]", cuts, shares, default=(0.6, 0.7, 0.8), dest="cuts")
    add(parser, "--vectors", "FILE.npz", "vectors of the only --episodes", default="")
    add(parser, "--fields", "FILE.toml", "mapping of the field names of the only --episodes", Path)
    add(parser, "--now", "RFC3339", "time of the last sessions (default: in TRAIN)", cli.timestamp)
    every = "how often popularity is renewed after the cuts (default: 1h, as a deployed feed does)"
    hour = interval_us("1h")
    add(parser, "--signals-every", "N(m|h|d)", every, interval_us, default=hour)
    debias = "power of popularity that is taken for exposure (default: 0.3)"
    add(parser, "--debias", "POWER", debias, power, default=0.3)
    add(parser, "--seed", "N", "seed of the sessions (default: 0)", int, default=0)
    add(parser, "--out", "NAME.toml", "write the scenario here", Path, required=True)


def _add_tune(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command that searches parameters."""
    add_data(parser)
    add(parser, "--scenario", "NAME|FILE.toml", "scenario to start from", default="for_you")
    space = "parameters, their bounds and the objective"
    add(parser, "--space", "FILE.toml", space, Path, required=True)
    add(parser, "--trials", "N", "number of trials (default: 100)", count, default=100)
    add(parser, "--users", "N", "evaluate only N users", count)
    add(parser, "--out", "NAME.toml", "write the best scenario here", Path, required=True)
    add(parser, "--report", "FILE.html", "write a page about the search here", Path, required=True)
    record = "record of the trials; an existing one is resumed"
    add(parser, "--record", "FILE.jsonl", record, Path, required=True)


def fit(options: argparse.Namespace) -> int:
    """Fit a scenario's curves to what users chose, first after several cuts and last of all."""
    if len(options.episodes) != len(options.interactions):
        raise CommandError("--interactions: expected as many as --episodes")
    more = {"vectors": options.vectors, "fields": options.fields, "now": options.now}
    every = options.signals_every
    if len(options.episodes) > 1 and any(more.values()):
        raise CommandError(f"{' '.join(more)}: expected with one --episodes only")
    (start,) = chosen_scenarios([options.scenario], options.scenarios)
    pairs = zip(options.episodes, options.interactions, strict=True)
    data = [ChoiceData(*files, options.cuts, **more, signals_every=every) for files in pairs]
    name = options.out.stem
    scenario = fitted_scenario(start, data, name, debias=options.debias, seed=options.seed)
    write_file(options.out, to_toml(scenario).encode())
    for part, curve in scenario.blend.curves.items():
        print(f"{part}: {curve.value[0]} to {curve.value[-1]}, typically {curve.typical}")
    print(options.out)
    return 0


def tune(options: argparse.Namespace) -> int:
    """Search a scenario's parameters on a validation cut; write the best scenario and a report."""
    from evaluation.report.tuning_report import tuning_report  # noqa: PLC0415 - imports matplotlib

    (start,) = chosen_scenarios([options.scenario], options.scenarios)
    space = load_space(options.space, start)
    run = prepare(files_of(options))
    if options.users:
        sample = run.targets.sample(options.users, options.seed)
        run = replace(run, targets=sample)
    trials = search_parameters(space, run, options.trials, options.seed, options.record)
    won = best(trials)
    description = (
        f"{start.description} Tuned: trial {won.number} of {len(trials)}, seed {options.seed}, "
        f"space {options.space.name}."
    )
    _, text = tuned_scenario(space, won.values, options.out.stem, description)
    write_file(options.out, text.encode())
    lead = [
        f"{len(run.targets):,} users after a cut at {rfc3339(run.training.now_us)}.",
        f"Seed {options.seed}.",
    ]
    with stage("report"):
        write_file(options.report, tuning_report(space, trials, lead))
    print(f"objective {won.objective:.4f}, start {trials[0].objective:.4f}")
    print(f"{options.out}\n{options.report}")
    return 0
