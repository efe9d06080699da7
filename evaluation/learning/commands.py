"""The commands that learn from a log, and that simulate one."""

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np

from catalog_builder.errors import CommandError
from catalog_builder.progress import say, stage
from catalog_builder.signals.aggregates import SignalParameters
from catalog_builder.wiring import write_file
from evaluation.arguments import AddCommand, add, add_json, count, positive, power
from evaluation.counterfactual.estimates import effective_size
from evaluation.data.events import read_events
from evaluation.data.toml_file import read_toml
from evaluation.data.training import training_data
from evaluation.learning.estimator import CLIP, check_parts, clipped_weights, estimate, kept_of
from evaluation.learning.held_out import compare
from evaluation.learning.listeners import Listeners
from evaluation.learning.outcome import check_enough, learned_scenario, rises_of, told
from evaluation.learning.sessions import impressions_in
from evaluation.online.lines import read_lines
from evaluation.report.page import number, text_table, with_interval
from evaluation.wiring import chosen_scenarios, read_catalog_input, write_json
from feed.scenarios.writer import to_toml

POSITIONS = (1, 2, 3, 5, 10, 20, 50)
"""Positions of which the command says how often they are examined."""
EXAMPLE = Path(__file__).parent / "example"
"""A scenario and listeners of a simulation."""


def add_commands(add_command: AddCommand) -> None:
    """Add the commands of this module with their options."""
    _add_learn(add_command(learn))
    _add_simulate(add_command(simulate))


def _add_learn(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command that learns from logs."""
    logs = "log lines of the function, or .gz; may be repeated"
    add(parser, "--logs", "FILE", logs, Path, action="append", required=True)
    start = "the scenario whose sessions are learned from"
    add(parser, "--scenario", "NAME|FILE.toml", start, default="for_you")
    add(parser, "--scenarios", "DIR", "folder of further scenarios", Path)
    part = "part of the score to learn; may be repeated (default: those that have a curve)"
    add(parser, "--part", "NAME", part, action="append")
    examined = "places are examined in proportion to 1 / position^POWER (default: estimated)"
    add(parser, "--position-power", "POWER", examined, power)
    clip = "largest weight of an impression (default: 10)"
    add(parser, "--clip", "W", clip, _weight, default=CLIP)
    add(parser, "--seed", "N", "seed of the held-out users (default: 0)", int, default=0)
    add(
        parser, "--out", "DIR", "write the scenario here, as NAME_VERSION.toml", Path, required=True
    )
    add_json(parser)


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command that simulates a log."""
    add(parser, "--episodes", "FILE", "episodes; or .gz", required=True)
    interactions = "what made the catalog's signals, and what listeners heard before"
    add(parser, "--interactions", "TRAIN.csv", interactions, Path, required=True)
    add(parser, "--scenario", "NAME|FILE.toml", "what ranks", default=str(EXAMPLE / "popular.toml"))
    truth = "preferences of the listeners"
    add(parser, "--listeners", "FILE.toml", truth, Path, default=EXAMPLE / "listeners.toml")
    add(parser, "--sessions", "N", "number of sessions (default: 2000)", count, default=2000)
    add(parser, "--seed", "N", "seed of the listeners (default: 0)", int, default=0)
    add(parser, "--out", "DIR", "a new folder for log, shelf and scenario", Path, required=True)


def _weight(text: str) -> float:
    weight = positive(text)
    if weight < 1:
        raise argparse.ArgumentTypeError(f"expected a weight from 1 on, got {text!r}")
    return weight


def learn(options: argparse.Namespace) -> int:
    """Learn curves from the log of the function: what listeners saw and what they did with it."""
    (start,) = chosen_scenarios([options.scenario], options.scenarios)
    names = options.part or list(start.blend.curves)
    check_parts(start, names)
    with stage("log"):
        logged, counts = impressions_in(read_lines(options.logs), start, names)
    impressions = logged.with_rewards()
    check_enough(impressions, start, names, counts)
    say(told(start, counts))
    given = {"clip": options.clip, "position_power": options.position_power}
    with stage("curves"):
        found = estimate(
            impressions,
            {name: impressions.parts[name] for name in names},
            kept_of(start, names, impressions),
            **given,
        )
    with stage("held-out users"):
        compared = compare(impressions, start, names, **given, seed=options.seed)
    source = f"{len(impressions.rewarded):,} rewards in {len(impressions.starts):,} sessions"
    learned = learned_scenario(start, found, source)
    path = options.out / f"{learned.name}.toml"
    write_file(path, to_toml(learned).encode())
    rises = rises_of(start, learned, impressions)
    rows = [[name, *(number(one) for one in both)] for name, both in rises.items()]
    print(text_table(["10th to 90th percentile adds", "present", "learned"], rows) + "\n")
    examined = np.exp(found.log_examined(np.array(POSITIONS)))
    rows = [[str(at), number(one)] for at, one in zip(POSITIONS, examined, strict=True)]
    print(text_table(["position", "examined"], rows) + "\n")
    print(f"parts that keep their weights count {found.factor:.2f} times, as log-odds")
    weights = clipped_weights(impressions, options.clip) * impressions.rewards
    users = len(np.unique(impressions.users))
    print(f"{source} of {users:,} users, effectively {effective_size(weights):,.0f}\n")
    rows = [
        [measure, number(one.present), number(one.learned), with_interval(one.difference, one.ci)]
        for measure, one in compared.items()
    ]
    print(text_table(["held-out users", "present", "learned", "difference"], rows))
    print(f"\n{path}")
    if options.json is not None:
        measures = {measure: asdict(one) for measure, one in compared.items()}
        report = {"scenario": learned.name, "held_out": measures, "sessions": counts.usable}
        write_json(options.json, report)
    return 0


def simulate(options: argparse.Namespace) -> int:
    """Simulate listeners with known preferences who use the application, and keep its log."""
    # Imports all of the functions.
    from evaluation.learning.simulation import Simulation  # noqa: PLC0415

    if options.out.exists():
        raise CommandError(f"{options.out}: expected a new folder")
    (scenario,) = chosen_scenarios([options.scenario], None)
    listeners = read_toml(options.listeners, Listeners)
    with stage("catalog"):
        read = read_catalog_input(options.episodes)
        least = SignalParameters(min_users=1)
        training = training_data(
            read.episodes, read.vectors, read_events(options.interactions), parameters=least
        )
    simulation = Simulation(options.out, training, scenario, listeners, options.sessions)
    lines = simulation.run(options.seed)
    path = options.out / "log.jsonl"
    write_file(path, b"".join(line + b"\n" for line in lines))
    print(path)
    return 0
