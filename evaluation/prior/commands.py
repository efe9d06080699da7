"""The command that compares estimated scores with true ones."""

import argparse

from catalog_builder.errors import CommandError
from evaluation.commands import write_json
from evaluation.prior.correlation import correlate_prior
from evaluation.report.page import number, text_table, with_interval
from evaluation.wiring import read_catalog_input


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
