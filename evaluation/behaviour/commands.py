"""The command that runs behaviour cases."""

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from catalog_builder.progress import track
from evaluation.arguments import AddCommand, add, add_cases, add_json
from evaluation.behaviour import CASES
from evaluation.behaviour.runner import CaseResult, find_cases, run_case
from evaluation.report.page import text_table
from evaluation.wiring import known_scenarios, write_json


def add_commands(add_command: AddCommand) -> None:
    """Add the commands of this module with their options."""
    parser = add_command(behaviour)
    add_cases(parser, "the shipped ones")
    add(parser, "--scenario", "NAME", "scenario of cases that name none", default="for_you")
    add(parser, "--scenarios", "DIR", "folder of further scenarios", Path)
    add_json(parser)


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
