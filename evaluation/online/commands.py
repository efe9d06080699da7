"""The commands that read what listeners did, and that check how its results are judged."""

import argparse
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from catalog_builder.progress import track
from catalog_builder.wiring import write_file
from evaluation.arguments import AddCommand, add, add_json, count, positive
from evaluation.online.collector import collect
from evaluation.online.lines import read_lines
from evaluation.online.metrics import ABOUT
from evaluation.online.report import Plan
from evaluation.online.report import report as online_report
from evaluation.online.simulation import called, simulate
from evaluation.report.online_tables import as_json, online_tables
from evaluation.report.page import text_table
from evaluation.wiring import read_experiment, write_json


def add_commands(add_command: AddCommand) -> None:
    """Add the commands of this module with their options."""
    _add_online(add_command(online))
    _add_false_alarms(add_command(false_alarms))


def _add_online(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command that reads the log."""
    logs = "JSON Lines or a JSON array of the log, as written or exported; or .gz"
    add(parser, "--logs", "FILE", logs, Path, nargs="+", required=True)
    experiment = "file of an experiment: its weights; the first arm is the control; may be repeated"
    add(parser, "--experiment", "FILE.toml", experiment, Path, action="append")
    weights = "weights of the arms of experiments without a file"
    add(parser, "--weights", "ARM=W,ARM=W", weights, _weights, default={})
    add(parser, "--control", "ARM", "arm that others are compared with (default: the first)")
    primary = "metric that decides; may be repeated (default: click_through)"
    add(parser, "--primary", "METRIC", primary, action="append", choices=[*ABOUT])
    add(parser, "--page", "FILE.html", "also write a page with pictures", Path)
    add_json(parser)


def _add_false_alarms(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command that simulates experiments."""
    number = "number of experiments with, and without the effect (default: 1000)"
    add(parser, "--experiments", "N", number, count, default=1000)
    add(parser, "--users", "N", "users of each (default: 1000)", count, default=1000)
    lift = "effect: share by which the treatment opens more (default: 0.3)"
    add(parser, "--lift", "SHARE", lift, positive, default=0.3)
    add(parser, "--seed", "N", "seed of the experiments (default: 0)", int, default=0)


def _weights(text: str) -> dict[str, float]:
    pairs = [one.partition("=") for one in text.split(",")]
    return {name.strip(): positive(weight) for name, _, weight in pairs}


def online(options: argparse.Namespace) -> int:
    """Report what listeners did with what sessions showed, and compare the arms of experiments."""
    skipped = Counter[str]()
    exposures = collect(read_lines(options.logs, skipped))
    plans = {}
    for path in options.experiment or []:
        given = read_experiment(path)
        plans[given.name] = _plan(given.arms, options)
    found = online_report(exposures, plans, _plan(options.weights, options))
    left_out = [f"{count:,} {reason}" for reason, count in skipped.most_common()]
    print(", ".join([*(f"{count:,} {name}" for name, count in found.counts.items())]))
    print(f"skipped: {', '.join(left_out) or 'nothing'}\n")
    print(online_tables(found))
    write_json(options.json, as_json(found))
    if options.page:
        # Imports matplotlib, as `report` does.
        from evaluation.report.online_report import online_page  # noqa: PLC0415

        write_file(options.page, online_page(found))
        print(f"\n{options.page}")
    return 0


def _plan(weights: Mapping[str, float], options: argparse.Namespace) -> Plan:
    """How arms of these weights are compared, from the options of the command."""
    return Plan(weights, options.control, tuple(options.primary or Plan.primary))


def false_alarms(options: argparse.Namespace) -> int:
    """Simulate experiments with an effect and with none, and count how often one is called."""
    rows = []
    for lift in (0.0, options.lift):
        rng = np.random.default_rng(options.seed)
        runs = track(range(options.experiments), f"lift {lift:.0%}", options.experiments)
        calls = np.array([called(simulate(rng, options.users, lift)) for _ in runs])
        rows.append([f"{lift:.0%}", *(f"{rate:.1%}" for rate in calls.mean(axis=0))])
    print(text_table(["lift", "primary metric", "any other"], rows))
    return 0
