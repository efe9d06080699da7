"""What each command does, once its options are read."""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import msgspec

from catalog_builder.progress import stage, track
from evaluation.behaviour import CASES
from evaluation.behaviour.running import Result, find, run
from evaluation.counterfactual.decisions import read_decisions
from evaluation.counterfactual.estimates import estimate
from evaluation.data.synthetic import episodes_jsonl, events_csv, make
from evaluation.offline.replay import Outcome
from evaluation.offline.setup import Files, prepare
from evaluation.report.tables import number, table, with_interval
from evaluation.tuning.running import tune as tuning
from evaluation.tuning.running import tuned
from evaluation.tuning.search import best
from evaluation.tuning.space import load as load_space
from evaluation.wiring import chosen_scenarios, known_scenarios, write_file
from feed.model.timestamps import rfc3339


def offline(options: argparse.Namespace) -> int:
    """Replay interactions, cut in time: scenarios and baselines on real choices."""
    scenarios = chosen_scenarios(options.scenario, options.scenarios)
    experiment = prepare(files_of(options))
    rankings = experiment.rankings(scenarios, seed=options.seed)
    outcomes = list(experiment.outcomes(rankings, options.k, seed=options.seed))
    print(offline_table(outcomes))
    write_json(options.json, {one.name: one.as_json() for one in outcomes})
    return 0


def behaviour(options: argparse.Namespace) -> int:
    """Run behaviour cases: what a feed has to do, and must not."""
    known = known_scenarios(options.scenarios)
    paths = find(options.cases or [CASES])
    results = [run(path, known, options.scenario) for path in track(paths, "cases", len(paths))]
    print(behaviour_table(results))
    count = Counter(one.status for one in results)
    print(f"\n{count['pass']} hold, {count['fail']} do not, {count['later']} cannot yet")
    write_json(options.json, {one.name: _case_json(one) for one in results})
    return 1 if count["fail"] else 0


def behaviour_table(results: Sequence[Result]) -> str:
    """A case a row: what came of it, and what was seen."""
    rows = [[one.status, one.name, one.case.kind, one.scenario, one.saw] for one in results]
    return table(["", "case", "kind", "scenario", "seen"], rows, right=False)


def _case_json(result: Result) -> dict[str, Any]:
    return {
        "status": result.status,
        "kind": result.case.kind,
        "scenario": result.scenario,
        "about": result.case.about,
        "checks": [verdict._asdict() for verdict in result.verdicts],
    }


def report(options: argparse.Namespace) -> int:
    """Replay interactions and write what was found as one HTML page."""
    # Half a second of imports that no other command needs.
    from evaluation.report.comparing import report as page  # noqa: PLC0415

    known = known_scenarios(options.scenarios)
    scenarios = chosen_scenarios(options.scenario, options.scenarios)
    experiment = prepare(files_of(options))
    rankings = experiment.rankings(scenarios, seed=options.seed)
    outcomes = list(experiment.outcomes(rankings, options.k, seed=options.seed))
    print(offline_table(outcomes))
    known |= {one.name: one for one in scenarios}
    paths = find(options.cases) if options.cases else []
    cases = [run(path, known, scenarios[0].name) for path in track(paths, "cases", len(paths))]
    with stage("report"):
        write_file(options.out, page(experiment, rankings, outcomes, cases, seed=options.seed))
    print(f"\n{options.out}")
    write_json(options.json, {one.name: one.as_json() for one in outcomes})
    return 1 if any(one.status == "fail" for one in cases) else 0


def counterfactual(options: argparse.Namespace) -> int:
    """Estimate what other policies would have earned, from logged propensities."""
    log, policies = read_decisions(options.log)
    # The policy that logged is one, too: its weights are 1.
    every = {"(as logged)": log.propensity, **policies}
    found = {
        name: estimate(log, probability, clip=options.clip, seed=options.seed)
        for name, probability in every.items()
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
        for name, one in found.items()
    ]
    print(f"{len(log):,} decisions for {int(log.unit.max()) + 1:,} users\n")
    print(table(header, rows))
    write_json(options.json, {name: asdict(one) for name, one in found.items()})
    return 0


def tune(options: argparse.Namespace) -> int:
    """Search a scenario's numbers on a validation cut; write the best scenario and a report."""
    from evaluation.report.tuning import report as page  # noqa: PLC0415 - as above

    (start,) = chosen_scenarios([options.scenario], options.scenarios)
    space = load_space(options.space, start)
    experiment = prepare(files_of(options))
    if options.users:
        sample = experiment.targets.sample(options.users, options.seed)
        experiment = replace(experiment, targets=sample)
    trials = tuning(space, experiment, options.trials, options.seed, options.record)
    won = best(trials)
    told = (
        f"{start.description} Tuned: trial {won.number} of {len(trials)}, seed {options.seed}, "
        f"space {options.space.name}."
    )
    _, text = tuned(space, won.values, options.out.stem, told)
    write_file(options.out, text.encode())
    lead = [
        f"{len(experiment.targets):,} users after a cut at {rfc3339(experiment.learned.now_us)}.",
        f"Seed {options.seed}.",
    ]
    with stage("report"):
        write_file(options.report, page(space, trials, lead))
    print(f"worth {won.worth:.4f}, as it was {trials[0].worth:.4f}")
    print(f"{options.out}\n{options.report}")
    return 0


def synthetic(options: argparse.Namespace) -> int:
    """Make data to try everything on: episodes, and events before and after a cut."""
    made = make(seed=options.seed)
    files = {
        "episodes.jsonl": episodes_jsonl(made),
        "train.csv": events_csv(made.train),
        "test.csv": events_csv(made.test),
    }
    for name, data in files.items():
        write_file(options.out / name, data)
    print(
        f"{options.out}: {len(made.episodes):,} episodes, {len(made.train):,} events and "
        f"{len(made.test):,} after the cut"
    )
    return 0


def files_of(options: argparse.Namespace) -> Files:
    """The files that an experiment is read from."""
    return Files(
        episodes=options.episodes,
        interactions=options.interactions,
        test=getattr(options, "test", None),
        cut=options.cut,
        vectors=options.vectors,
        fields=options.fields,
        now=options.now,
        min_people=options.min_people,
    )


def offline_table(outcomes: Sequence[Outcome]) -> str:
    """Rankings in rows, metrics in columns, those of accuracy with their intervals."""
    names = list(outcomes[0].metrics)
    rows = [
        [
            one.name,
            *(
                with_interval(one.metrics[name], one.ci[name])
                if name.startswith(("recall", "ndcg"))
                else number(one.metrics[name])
                for name in names
            ),
        ]
        for one in outcomes
    ]
    return table([f"{len(outcomes[0].ranks):,} users", *names], rows)


def write_json(path: Path | None, found: Any) -> None:
    """Write a JSON file, whole or not at all, where one was asked for."""
    if path is not None:
        write_file(path, msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
