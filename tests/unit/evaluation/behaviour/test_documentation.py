"""docs/evaluation.md names all commands, keys and metrics, and its examples are valid."""

import re
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

from evaluation.arguments import Command
from evaluation.behaviour import CASES
from evaluation.behaviour.case import (
    AnyCheck,
    Case,
    CaseCatalog,
    CaseEngagement,
    CaseEpisode,
    CaseProfile,
    CaseRequest,
    SecondSession,
    load_case,
)
from evaluation.counterfactual.decisions import read_decisions
from evaluation.data.events import COLUMNS
from evaluation.offline.baselines import BASELINES
from evaluation.tuning.space import load_space
from feed.model.engagement import ENGAGEMENT_TYPES
from feed.scenarios.scenario import shipped

DOC = (CASES.parents[1] / "docs" / "evaluation.md").read_text()


def example(kind: str, has: str) -> str:
    """The one block of that kind which has such a text."""
    blocks = re.findall(rf"^```{kind}\n(.*?)^```", DOC, re.MULTILINE | re.DOTALL)
    (block,) = [one for one in blocks if has in one]
    return str(block)


@pytest.mark.parametrize("check", get_args(AnyCheck), ids=lambda one: one.__struct_config__.tag)
def test_every_check_is_documented_with_all_of_its_keys(check: type) -> None:
    tag = check.__struct_config__.tag  # type: ignore[attr-defined]
    (row,) = re.findall(rf"^\| `{tag}` \|.*$", DOC, re.MULTILINE)
    keys = row.split("|")[3]
    assert set(re.findall(r"`(\w+)`", keys)) >= set(check.__struct_fields__)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "table",
    [Case, CaseCatalog, CaseEpisode, CaseEngagement, CaseProfile, CaseRequest, SecondSession],
)
def test_every_key_of_a_case_is_documented(table: type) -> None:
    section = DOC.split("## Behaviour")[1].split("## Counterfactual")[0]
    named = set(re.findall(r"`\[*(?:\w+\.)?(\w+)\]*`", section))
    named |= set(re.findall(r"^\[*(\w+)(?: =|\]+$)", section, re.MULTILINE))
    assert set(table.__struct_fields__) <= named  # type: ignore[attr-defined]


def test_every_command_column_type_baseline_and_metric_is_documented() -> None:
    commands: set[str] = set()

    def add_command(run: Command) -> ArgumentParser:
        commands.add(run.__name__)
        return ArgumentParser()

    for path in CASES.parent.glob("*/commands.py"):
        import_module(f"evaluation.{path.parent.name}.commands").add_commands(add_command)
    assert len(commands) >= 16
    names = [*commands, *COLUMNS, *ENGAGEMENT_TYPES, *(one.name for one in BASELINES)]
    names += ["mrr", "cold_auc"]
    names += [f"{one}@k" for one in ("recall", "ndcg", "coverage", "novelty", "series_entropy")]
    for name in names:
        assert f"`{name}`" in DOC


def test_the_documented_case_space_and_decision_are_valid(tmp_path: Path) -> None:
    for name, text in [
        ("case.toml", example("toml", "[[expect]]")),
        ("space.toml", example("toml", "[objective]")),
        ("log.jsonl", example("json", "propensity")),
    ]:
        (tmp_path / name).write_text(text)
    assert load_case(tmp_path / "case.toml").expect
    assert len(load_space(tmp_path / "space.toml", shipped()["for_you"]).parameters) == 2
    assert len(read_decisions(tmp_path / "log.jsonl")[0]) == 1
