"""The commands that replay interactions: offline, visits, report."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from catalog_builder.progress import stage, track
from catalog_builder.wiring import write_file
from evaluation.arguments import (
    AddCommand,
    add,
    add_cases,
    add_data,
    add_json,
    count,
    files_of,
    interval_us,
)
from evaluation.behaviour.runner import find_cases, run_case
from evaluation.offline.observations import DEPTH
from evaluation.offline.replay import CUTOFFS
from evaluation.offline.run import OfflineReplay, prepare, prepare_all, replay_all
from evaluation.offline.scenario_recommender import ScenarioRecommender, without_exploration
from evaluation.offline.visits import replay_visits
from evaluation.report import tables
from evaluation.wiring import chosen_scenarios, known_scenarios, write_json
from feed.scenarios.scenario import Scenario


def add_commands(add_command: AddCommand) -> None:
    """Add the commands of this module with their options."""
    _add_options(add_command(offline))
    second = add_command(visits)
    add_data(second)
    scenario = "scenario to evaluate; may be repeated"
    add(second, "--scenario", "NAME|FILE.toml", scenario, action="append", required=True)
    add(second, "--users", "N", "evaluate only N users (default: 500)", count, default=500)
    add_json(second)
    page = add_command(report)
    _add_options(page)
    add(page, "--out", "FILE.html", "write the page here", Path, required=True)
    add_cases(page, "none")


def _add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the commands that compare rankings."""
    add_data(parser)
    test = "interactions with the targets (default: a part of TRAIN, see --protocol and --cut)"
    add(parser, "--test", "TEST.csv", test, Path)
    scenario = "scenario to evaluate; may be repeated"
    add(parser, "--scenario", "NAME|FILE.toml", scenario, action="append", required=True)
    plain = "rank scenarios without their exploration slots"
    parser.add_argument("--no-exploration", action="store_true", help=plain)
    every = "renew popularity after the cut, with sessions when targets were chosen, like 1h or 1d"
    add(parser, "--signals-every", "N(m|h|d)", every, interval_us)
    cutoffs = "values of k of the metrics (default: 10,20)"
    add(parser, "--k", "10,20", cutoffs, _cutoffs, default=CUTOFFS)
    add_json(parser)


def _cutoffs(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if not all(part.isdecimal() and 1 <= int(part) <= DEPTH for part in parts):
        expected = f"expected numbers from 1 to {DEPTH} like 10,20"
        raise argparse.ArgumentTypeError(f"{expected}, got {text!r}")
    return tuple(sorted({int(part) for part in parts}))


def offline(options: argparse.Namespace) -> int:
    """Replay interactions: compare scenarios and baselines on what users chose next."""
    _replay(options, _scenarios(options))
    return 0


def _scenarios(options: argparse.Namespace) -> list[Scenario]:
    """The scenarios to evaluate."""
    chosen = chosen_scenarios(options.scenario, options.scenarios)
    return [without_exploration(one) for one in chosen] if options.no_exploration else chosen


def _replay(options: argparse.Namespace, scenarios: Sequence[Scenario]) -> OfflineReplay:
    """Replay interactions, print the tables of results and write them as JSON."""
    done = replay_all(prepare_all(files_of(options)), scenarios, options.k, seed=options.seed)
    print(tables.results(done.outcomes))
    write_json(options.json, {one.name: one.as_json() for one in done.outcomes})
    return done


def visits(options: argparse.Namespace) -> int:
    """Replay second visits of users who saw ten episodes and did nothing."""
    run = prepare(files_of(options))
    asked = run.targets.sample(options.users, options.seed)
    found = {}
    for scenario in chosen_scenarios(options.scenario, options.scenarios):
        ranking = ScenarioRecommender(run.training, scenario, options.seed)
        found[scenario.name] = replay_visits(ranking, asked)
    print(tables.visits(found))
    write_json(options.json, found)
    return 0


def report(options: argparse.Namespace) -> int:
    """Replay interactions and write the results as one HTML page."""
    # Imports matplotlib, half a second that no other command needs.
    from evaluation.report.replay_report import replay_report  # noqa: PLC0415

    known = known_scenarios(options.scenarios)
    scenarios = _scenarios(options)
    done = _replay(options, scenarios)
    known |= {one.name: one for one in scenarios}
    paths = find_cases(options.cases) if options.cases else []
    cases = [run_case(path, known, scenarios[0].name) for path in track(paths, "cases", len(paths))]
    with stage("report"):
        write_file(options.out, replay_report(done, scenarios, cases, seed=options.seed))
    print(f"\n{options.out}")
    return 1 if any(one.status == "fail" for one in cases) else 0
