"""The command that simulates quiet days and bursts."""

import argparse
from dataclasses import asdict

from catalog_builder.insights.trends import RATE
from catalog_builder.progress import track
from evaluation.arguments import AddCommand, add, add_json, count
from evaluation.insights.measurement import FACTORS, burst_delays, quiet_days, summary
from evaluation.insights.simulation import World
from evaluation.report.page import text_table
from evaluation.wiring import write_json


def add_commands(add_command: AddCommand) -> None:
    """Add the commands of this module with their options."""
    parser = add_command(insights)
    add(parser, "--seeds", "N", "number of simulated worlds (default: 5)", count, default=5)
    add(parser, "--days", "N", "days of each (default: 100)", count, default=100)
    add_json(parser)


def insights(options: argparse.Namespace) -> int:
    """Simulate quiet days and bursts: false alarms of insights, and days until a burst is found."""
    worlds = [World(seed=seed) for seed in range(options.seeds)]
    quiet = [quiet_days(world, options.days) for world in track(worlds, "quiet")]
    days, alarms = sum(one.days for one in quiet), sum(one.alarms for one in quiet)
    shown = sum(one.shown for one in quiet)
    print(f"quiet days: {alarms} of {days} with a false alarm ({shown} shown); at most {RATE:.0%}")
    heads = ["burst", "planted", "found on day 1", "by day 3", "in a week"]
    rows = []
    for factor in FACTORS:
        delays = [
            one
            for world in track(worlds, f"bursts x{factor}")
            for one in burst_delays(world, factor, options.days)
        ]
        rows.append([f"x{factor}", str(len(delays)), *summary(delays)])
    print(text_table([*heads, "the day it is significant", "a day later"], rows))
    write_json(options.json, {"quiet": [asdict(one) for one in quiet], "bursts": rows})
    return 0
