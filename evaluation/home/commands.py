"""The command `python -m evaluation home`, a function of its parsed options."""

import argparse
import tempfile
from pathlib import Path

from catalog_builder.errors import CommandError
from catalog_builder.wiring import write_file
from evaluation.arguments import AddCommand, add, add_json, count
from evaluation.data.events import Events, read_events
from evaluation.data.synthetic.dataset import episodes_jsonl, events_csv, synthetic_data
from evaluation.data.training import training_data
from evaluation.home.interest_shares import planted_listeners, planted_shares
from evaluation.report.page import text_table
from evaluation.wiring import chosen_scenarios, read_catalog_input, write_json
from feed.catalog.catalog import Catalog
from feed.home import file as homes
from feed.home.assembly import HomeRanker
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker

LEAST_SHARE = 0.6
"""of the episodes on personal shelves, how many have to be of a planted interest"""


def add_commands(add_command: AddCommand) -> None:
    """Add the commands of this module with their options."""
    parser = add_command(home)
    add(parser, "--episodes", "FILE", "episodes with categories (default: made-up shows)")
    add(parser, "--vectors", "FILE.npz", "vectors (default: computed from the text)", default="")
    interactions = "CSV of other listeners' choices (default: none; made-up ones for made-up shows)"
    add(parser, "--interactions", "TRAIN.csv", interactions, Path)
    add(parser, "--home", "FILE.toml", "description of the home page (default: shipped)", Path)
    add(parser, "--scenario", "NAME|FILE.toml", "scenario that scores", default="for_you")
    add(parser, "--listeners", "N", "number of listeners (default: 100)", count, default=100)
    add(parser, "--seed", "N", "seed of what is made up (default: 0)", int, default=0)
    add_json(parser)


def home(options: argparse.Namespace) -> int:
    """Count how many episodes of home pages are what made-up listeners are interested in."""
    (scenario,) = chosen_scenarios([options.scenario], None)
    catalog, now_us = _catalog(options)
    try:
        described = homes.load(options.home) if options.home else homes.shipped()
        listeners = list(planted_listeners(catalog, options.listeners, now_us, options.seed))
    except (homes.HomeError, ValueError) as error:
        raise CommandError(str(error)) from error
    found = planted_shares(HomeRanker(Ranker(catalog, scenario), described), listeners, now_us)
    rows = [
        [name, f"{shown:,}", f"{found.planted[name] / shown:.1%}"]
        for name, shown in found.shown.items()
    ]
    print(text_table(["shelf", "episodes", "of a planted interest"], rows))
    print(f"\npersonal shelves: {found.personal:.1%}, at least {LEAST_SHARE:.0%} expected")
    by_shelf = {name: round(found.share([name]), 4) for name in found.shown}
    write_json(options.json, {"personal": round(found.personal, 4), "shelves": by_shelf})
    return 0 if found.personal >= LEAST_SHARE else 1


def _catalog(options: argparse.Namespace) -> tuple[Catalog, int]:
    """The catalog with its signals, and the time of the home pages."""
    if options.episodes:
        read = read_catalog_input(options.episodes, options.vectors)
        events = read_events(options.interactions) if options.interactions else None
        newest = max(one.published_at for one in read.episodes)
        known = training_data(
            read.episodes,
            read.vectors,
            events or Events.from_rows([]),
            None if events else newest,
        )
        return known.catalog, known.now_us if events else to_us(newest)
    with tempfile.TemporaryDirectory() as folder:
        data, path = synthetic_data(seed=options.seed), Path(folder)
        write_file(path / "episodes.jsonl", episodes_jsonl(data))
        write_file(path / "train.csv", events_csv(data.train))
        read = read_catalog_input(str(path / "episodes.jsonl"))
        known = training_data(read.episodes, read.vectors, read_events(path / "train.csv"))
    return known.catalog, known.now_us
