"""The command that searches for graded queries."""

import argparse
from pathlib import Path

from catalog_builder.build import build_catalog
from catalog_builder.build_options import MINILM
from evaluation.arguments import AddCommand, add, add_json
from evaluation.report.page import number, text_table
from evaluation.search.graded_queries import read_queries, score_queries
from evaluation.wiring import query_embedder, read_catalog_input, write_json
from feed import cli
from feed.model.timestamps import to_us


def add_commands(add_command: AddCommand) -> None:
    """Add the commands of this module with their options."""
    parser = add_command(search)
    queries = "JSON array of {q, kind, relevant: {episode id: grade 0 to 3}}"
    add(parser, "--queries", "FILE", queries, Path, required=True)
    add(parser, "--episodes", "FILE", "episodes; or .gz", required=True)
    vectors = "vectors of the episodes (default: computed from the text)"
    add(parser, "--vectors", "FILE.npz|minilm", vectors, default="")
    parser.add_argument("--embedder", dest="vectors", choices=[MINILM], help="--vectors minilm")
    add(parser, "--fields", "FILE.toml", "mapping of field names", Path)
    now = "time of the searches (default: of the newest episode)"
    add(parser, "--now", "RFC3339", now, cli.timestamp)
    add_json(parser)


def search(options: argparse.Namespace) -> int:
    """Search for graded queries: nDCG@10 and success@5 by kind of query."""
    queries = read_queries(options.queries)
    found = read_catalog_input(options.episodes, options.vectors, options.fields)
    now = options.now or max(episode.published_at for episode in found.episodes)
    catalog = build_catalog(found.episodes, found.vectors, now)
    embed = query_embedder(options.vectors)
    vectors = embed([one.q for one in queries]) if embed else None
    scores = score_queries(catalog, queries, to_us(now), vectors=vectors)
    rows = [[kind, number(one.ndcg), number(one.success)] for kind, one in scores.items()]
    print(text_table(["kind", "nDCG@10", "success@5"], rows))
    write_json(options.json, scores)
    return 0
