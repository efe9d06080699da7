"""The commands of `python -m evaluation`, each a function of its parsed options."""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from catalog_builder.build import build_catalog
from catalog_builder.errors import CommandError
from catalog_builder.insights.trends import RATE
from catalog_builder.progress import stage, track
from catalog_builder.wiring import write_file
from evaluation.behaviour import CASES
from evaluation.behaviour.runner import CaseResult, find_cases, run_case
from evaluation.counterfactual.decisions import read_decisions
from evaluation.counterfactual.estimates import estimate
from evaluation.data.synthetic.dataset import episodes_jsonl, events_csv, synthetic_data
from evaluation.data.synthetic.kinds import KINDS
from evaluation.insights.measurement import FACTORS, burst_delays, quiet_days, summary
from evaluation.insights.simulation import World
from evaluation.offline.run import InputFiles, OfflineReplay, prepare, prepare_all, replay_all
from evaluation.offline.scenario_recommender import ScenarioRecommender, without_exploration
from evaluation.offline.visits import replay_visits
from evaluation.online.collector import collect
from evaluation.online.lines import read_lines
from evaluation.online.report import Plan
from evaluation.online.report import report as online_report
from evaluation.online.simulation import called, simulate
from evaluation.report import tables
from evaluation.report.online_tables import as_json, online_tables
from evaluation.report.page import number, text_table, with_interval
from evaluation.search.graded_queries import read_queries, score_queries
from evaluation.tuning.fit import ChoiceData, fitted_scenario
from evaluation.tuning.search import best
from evaluation.tuning.space import load_space
from evaluation.tuning.tune import search_parameters, tuned_scenario
from evaluation.wiring import (
    chosen_scenarios,
    known_scenarios,
    query_embedder,
    read_catalog_input,
    read_experiment,
)
from feed.model.timestamps import rfc3339, to_us
from feed.scenarios.scenario import Scenario
from feed.scenarios.writer import to_toml


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


def behaviour(options: argparse.Namespace) -> int:
    """Run behaviour cases and report which hold."""
    known = known_scenarios(options.scenarios)
    paths = find_cases(options.cases or [CASES])
    results = [
        run_case(path, known, options.scenario) for path in track(paths, "cases", len(paths))
    ]
    rows = [[one.status, one.name, one.case.kind, one.scenario, one.observed] for one in results]
    print(text_table(["", "case", "kind", "scenario", "seen"], rows, right=False))
    count = Counter(one.status for one in results)
    print(f"\n{count['pass']} hold, {count['fail']} do not, {count['later']} cannot yet")
    write_json(options.json, {one.name: _case_json(one) for one in results})
    return 1 if count["fail"] else 0


def _case_json(result: CaseResult) -> dict[str, Any]:
    return {
        "status": result.status,
        "kind": result.case.kind,
        "scenario": result.scenario,
        "about": result.case.about,
        "checks": [{"holds": one.holds, "saw": one.observed} for one in result.results],
    }


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


def online(options: argparse.Namespace) -> int:
    """Report what listeners did with what sessions showed, and compare the arms of experiments."""
    skipped = Counter[str]()
    exposures = collect(read_lines(options.logs, skipped))
    plans = {}
    for path in options.experiment or []:
        given = read_experiment(path)
        plans[given.name] = plan_of(given.arms, options)
    found = online_report(exposures, plans, plan_of(options.weights, options))
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


def plan_of(weights: Mapping[str, float], options: argparse.Namespace) -> Plan:
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


def fit(options: argparse.Namespace) -> int:
    """Fit a scenario's curves to what users chose, first after several cuts and last of all."""
    if len(options.episodes) != len(options.interactions):
        raise CommandError("--interactions: expected as many as --episodes")
    more = {"vectors": options.vectors, "fields": options.fields, "now": options.now}
    every = options.signals_every
    if len(options.episodes) > 1 and any(more.values()):
        raise CommandError(f"{' '.join(more)}: expected with one --episodes only")
    (start,) = chosen_scenarios([options.scenario], options.scenarios)
    pairs = zip(options.episodes, options.interactions, strict=True)
    data = [ChoiceData(*files, options.cuts, **more, signals_every=every) for files in pairs]
    name = options.out.stem
    scenario = fitted_scenario(start, data, name, debias=options.debias, seed=options.seed)
    write_file(options.out, to_toml(scenario).encode())
    for part, curve in scenario.blend.curves.items():
        print(f"{part}: {curve.value[0]} to {curve.value[-1]}, typically {curve.typical}")
    print(options.out)
    return 0


def tune(options: argparse.Namespace) -> int:
    """Search a scenario's parameters on a validation cut; write the best scenario and a report."""
    from evaluation.report.tuning_report import tuning_report  # noqa: PLC0415 - imports matplotlib

    (start,) = chosen_scenarios([options.scenario], options.scenarios)
    space = load_space(options.space, start)
    run = prepare(files_of(options))
    if options.users:
        sample = run.targets.sample(options.users, options.seed)
        run = replace(run, targets=sample)
    trials = search_parameters(space, run, options.trials, options.seed, options.record)
    won = best(trials)
    description = (
        f"{start.description} Tuned: trial {won.number} of {len(trials)}, seed {options.seed}, "
        f"space {options.space.name}."
    )
    _, text = tuned_scenario(space, won.values, options.out.stem, description)
    write_file(options.out, text.encode())
    lead = [
        f"{len(run.targets):,} users after a cut at {rfc3339(run.training.now_us)}.",
        f"Seed {options.seed}.",
    ]
    with stage("report"):
        write_file(options.report, tuning_report(space, trials, lead))
    print(f"objective {won.objective:.4f}, start {trials[0].objective:.4f}")
    print(f"{options.out}\n{options.report}")
    return 0


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


def files_of(options: argparse.Namespace) -> InputFiles:
    """The input files of an offline run, from the options of a command that have their names."""
    given: dict[str, Any] = {
        one.name: getattr(options, one.name, None) for one in fields(InputFiles)
    }
    return InputFiles(**given)


def write_json(path: Path | None, found: Any) -> None:
    """Write `found` as JSON to a file, atomically; do nothing if `path` is None."""
    if path is not None:
        write_file(path, msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
