"""The command that compares estimated scores with true ones."""

import argparse
from pathlib import Path

from catalog_builder.errors import CommandError
from evaluation.arguments import AddCommand, add, add_json
from evaluation.prior.correlation import correlate_prior
from evaluation.report.page import number, text_table, with_interval
from evaluation.wiring import read_catalog_input, write_json
from feed import cli


def add_commands(add_command: AddCommand) -> None:
    """Add the commands of this module with their options."""
    parser = add_command(prior)
    add(parser, "--episodes", "FILE", "episodes with scores; or .gz", required=True)
    add(parser, "--fields", "FILE.toml", "mapping of field names", Path)
    now = "when the catalog is built (default: date of the newest episode)"
    add(parser, "--now", "RFC3339", now, cli.timestamp)
    seed = "seed of the intervals and of the fit (default: 0)"
    add(parser, "--seed", "N", seed, int, default=0)
    add_json(parser)


def prior(options: argparse.Namespace) -> int:
    """Remove scores and compare the builder's estimates with them: rank correlation by term."""
    found = read_catalog_input(options.episodes, "", options.fields)
    now = options.now or max(episode.published_at for episode in found.episodes)
    result = correlate_prior(found.episodes, found.vectors, now, options.seed)
    if not result.episodes:
        raise CommandError(f"{options.episodes}: expected episodes with credibility and insight")
    rows = [
        [name, with_interval(one.spearman, one.ci) if one.ci else number(None)]
        for name, one in result.correlations.items()
    ]
    print(f"{result.episodes:,} episodes of {result.shows:,} shows\n")
    print(text_table(["", "Spearman"], rows))
    write_json(options.json, result)
    return 0
