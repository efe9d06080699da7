"""The command that estimates what other policies would have earned."""

import argparse
from dataclasses import asdict
from pathlib import Path

from evaluation.arguments import AddCommand, add, add_json, positive
from evaluation.counterfactual.decisions import read_decisions
from evaluation.counterfactual.estimates import estimate
from evaluation.report.page import number, text_table, with_interval
from evaluation.wiring import write_json


def add_commands(add_command: AddCommand) -> None:
    """Add the commands of this module with their options."""
    parser = add_command(counterfactual)
    log = "decisions as JSON Lines with propensity, reward, policies, user_id; or .gz"
    add(parser, "--log", "FILE.jsonl", log, Path, required=True)
    add(parser, "--clip", "W", "largest weight (default: no clipping)", positive)
    add(parser, "--seed", "N", "seed of the intervals (default: 0)", int, default=0)
    add_json(parser)


def counterfactual(options: argparse.Namespace) -> int:
    """Estimate the reward of other policies from logged decisions and their propensities."""
    log, policies = read_decisions(options.log)
    # The logging policy as well: its weights are 1.
    all_policies = {"(as logged)": log.propensity, **policies}
    estimates = {
        name: estimate(log, probability, clip=options.clip, seed=options.seed)
        for name, probability in all_policies.items()
    }
    header = ["policy", "IPS", "SNIPS", "effective n", "mean weight", "largest", "clipped"]
    rows = [
        [
            name,
            with_interval(one.ips, one.ci["ips"]),
            with_interval(one.snips, one.ci["snips"]),
            f"{one.effective:,.0f}",
            number(one.mean_weight),
            number(one.largest_weight),
            f"{one.clipped:.1%}",
        ]
        for name, one in estimates.items()
    ]
    print(f"{len(log):,} decisions for {int(log.unit.max()) + 1:,} users\n")
    print(text_table(header, rows))
    write_json(options.json, {name: asdict(one) for name, one in estimates.items()})
    return 0
