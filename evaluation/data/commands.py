"""The command that writes synthetic data."""

import argparse
from pathlib import Path

from catalog_builder.wiring import write_file
from evaluation.arguments import AddCommand, add
from evaluation.data.synthetic.dataset import episodes_jsonl, events_csv, synthetic_data
from evaluation.data.synthetic.kinds import KINDS


def add_commands(add_command: AddCommand) -> None:
    """Add the commands of this module with their options."""
    parser = add_command(synthetic)
    add(parser, "--out", "DIR", "write the files here", Path, required=True)
    kind = "kind of the listeners: all, " + ", ".join(KINDS) + " (default: all)"
    kinds = ["all", *KINDS]
    add(parser, "--kind", "KIND", kind, default="all", choices=kinds)
    add(parser, "--seed", "N", "seed of the data (default: 0)", int, default=0)


def synthetic(options: argparse.Namespace) -> int:
    """Write synthetic data: episodes, and events before and after a cut."""
    kinds = tuple(KINDS) if options.kind == "all" else (options.kind,)
    data = synthetic_data(seed=options.seed, kinds=kinds)
    files = {
        "episodes.jsonl": episodes_jsonl(data),
        "train.csv": events_csv(data.train),
        "test.csv": events_csv(data.test),
    }
    for name, content in files.items():
        write_file(options.out / name, content)
    print(
        f"{options.out}: {len(data.episodes):,} episodes, {len(data.train):,} events and "
        f"{len(data.test):,} after the cut"
    )
    return 0
