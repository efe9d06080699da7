"""Behaviour cases as files: validation, catalogs, sessions and results."""

import json
from pathlib import Path

import numpy as np
import pytest

from catalog_builder.errors import CommandError
from evaluation.behaviour import CASES, runner
from evaluation.behaviour.case import CaseCatalog, CaseEngagement, load_case
from evaluation.behaviour.catalogs import NOW, case_catalog_input
from evaluation.behaviour.criteria import EpisodeCriteria
from evaluation.behaviour.runner import CaseResult, find_cases, run_case
from evaluation.data.events import Events
from evaluation.data.training import training_data
from feed.catalog.catalog import Catalog
from feed.model.timestamps import DAY_US
from feed.scenarios.scenario import shipped

SMALL = """
about = "A case."
kind = "functionality"
[catalog]
topics = ["Art", "Bread", "Chess"]
per_topic = 12
"""
EXPECT = '[[expect]]\ncheck = "length"\nat_least = 1\n'


def case(tmp_path: Path, text: str, name: str = "case") -> Path:
    path = tmp_path / f"{name}.toml"
    path.write_text(text)
    return path


def outcome(tmp_path: Path, more: str, start: str = SMALL) -> CaseResult:
    return run_case(case(tmp_path, start + more), shipped(), "for_you")


@pytest.mark.parametrize("path", find_cases([CASES]), ids=lambda path: path.stem)
def test_a_shipped_case_holds(path: Path) -> None:
    if path.stem == "latency":  # it depends on the machine that runs the tests
        assert load_case(path).expect
    else:
        assert run_case(path, shipped(), "for_you").status == "pass"


def test_a_case_passes_if_its_checks_hold(tmp_path: Path) -> None:
    found = outcome(tmp_path, EXPECT)
    assert (found.name, found.scenario, found.status) == ("case", "for_you", "pass")
    assert found.observed.endswith(" episodes")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nothing = 1\n" + SMALL + EXPECT, r"unknown field `nothing`"),
        (SMALL + "nothing = 1\n" + EXPECT, r"unknown field `nothing` - at `\$\.catalog`"),
        (SMALL + "[[catalog.episodes]]\nid = 'a'\nnothing = 1\n" + EXPECT, r"`nothing`.*episodes"),
        (SMALL + "[[crowd]]\nnothing = 1\n" + EXPECT, r"`nothing` - at `\$\.crowd\[0\]`"),
        (SMALL + "[profile]\nnothing = 1\n" + EXPECT, r"`nothing` - at `\$\.profile`"),
        (SMALL + "[[engagements]]\nnothing = 1\n" + EXPECT, r"`nothing`.*`\$\.engagements\[0\]`"),
        (SMALL + "[request]\nnothing = 1\n" + EXPECT, r"`nothing` - at `\$\.request`"),
        (SMALL + "[other]\nnothing = 1\n" + EXPECT, r"`nothing` - at `\$\.other`"),
        (SMALL + EXPECT + "nothing = 1\n", r"`nothing` - at `\$\.expect\[0\]`"),
        (
            SMALL + '[[expect]]\ncheck = "absent"\nwhere = { nothing = 1 }\n',
            r"`nothing` - at `\$\.expect\[0\]\.where`",
        ),
        (SMALL + '[[expect]]\ncheck = "nothing"\n', r"'nothing' - at `\$\.expect\[0\]\.check`"),
        (SMALL + "[[expect]]\nat_least = 1\n", r"`check` - at `\$\.expect\[0\]`"),
        (SMALL + '[[expect]]\ncheck = "length"\n', r"missing required field `at_least`"),
        (SMALL, r"missing required field `expect`"),
        (SMALL.replace("A case.", "") + EXPECT, r"at `\$\.about`"),
        (SMALL.replace("functionality", "hope") + EXPECT, r"'hope' - at `\$\.kind`"),
        (SMALL + EXPECT.replace("1", "0"), r">= 1 - at `\$\.expect\[0\]\.at_least`"),
        (SMALL + '[[engagements]]\ntype = "play"\n' + EXPECT, r"'play' - at `\$\.engagements"),
        (
            SMALL + '[[expect]]\ncheck = "same"\n',
            r"other: expected this table, since 'same' compares",
        ),
        (SMALL + "per_topic = 3\n" + EXPECT, r"case\.toml: .*line 7"),
        (SMALL + "[profile\n" + EXPECT, r"case\.toml: .*line 7"),
        (SMALL + "[[engagements]]\nid = 'none'\n" + EXPECT, r"id 'none': .* has no such name"),
        (SMALL + "[[engagements]]\nseries = 'no'\n" + EXPECT, r"series 'no': .* has no such"),
        (SMALL + "[[engagements]]\ncategory = 'no'\n" + EXPECT, r"category 'no': .* has no such"),
        (SMALL + "[[catalog.episodes]]\nid = 'art-0'\n" + EXPECT, r"episode 'art-0'"),
        ('scenario = "none"\n' + SMALL + EXPECT, r"scenario 'none': expected one of baseline, "),
        (SMALL + 'generator = "file"\n' + EXPECT, r"catalog\.file: expected if and only if"),
        (SMALL + 'file = "some.json"\n' + EXPECT, r"catalog\.file: expected if and only if"),
        (SMALL + 'generator = "file"\nfile = "none.json"\n' + EXPECT, r"none\.json: No such"),
        (
            SMALL + 'generator = "demo"\n[[catalog.episodes]]\nid = "a"\n' + EXPECT,
            r"episodes: expected none with the generator",
        ),
    ],
)
def test_an_invalid_case_is_refused_by_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CommandError, match=said) as refused:
        run_case(case(tmp_path, text), shipped(), "for_you")
    assert str(refused.value).startswith(f"{tmp_path}/case.toml: ")
    assert "\n" not in str(refused.value)


def test_cases_of_a_folder_are_sorted_and_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="expected at least one case"):
        find_cases([tmp_path])
    paths = [case(tmp_path, SMALL + EXPECT, name) for name in ("b", "a")]
    (tmp_path / "notes.txt").write_text("no case")
    assert find_cases([tmp_path]) == paths[::-1]
    with pytest.raises(CommandError, match="nowhere"):
        find_cases([tmp_path, tmp_path / "nowhere"])


def test_a_case_marked_later_fails_once_it_holds(tmp_path: Path) -> None:
    impossible = '[[expect]]\ncheck = "length"\nat_least = 150\n'
    later = 'later = "not built"\n' + SMALL
    assert outcome(tmp_path, impossible).status == "fail"
    assert outcome(tmp_path, impossible, later).status == "later"
    holds = outcome(tmp_path, EXPECT, later)
    assert (holds.status, holds.observed) == ("fail", "the case holds: remove the key `later`")


def test_a_case_fails_if_one_check_fails_and_shows_that_check(tmp_path: Path) -> None:
    absent = '[[expect]]\ncheck = "absent"\nwhere = { category = "Art" }\n'
    found = outcome(tmp_path, EXPECT + absent)
    assert [result.holds for result in found.results] == [True, False]
    assert found.status == "fail"
    assert found.observed == found.results[1].observed


def test_a_second_session_differs_only_in_what_is_given(tmp_path: Path) -> None:
    one = '[[engagements]]\ncategory = "Art"\ncount = 4\n'
    same = '[[expect]]\ncheck = "same"\n'
    assert outcome(tmp_path, one + "[other]\n" + same).status == "pass"
    none = "[other]\nengagements = []\n"
    assert outcome(tmp_path, one + none + same).status == "fail"
    muted = '[other.request]\nexcluded_ids = ["bread-0"]\n'
    assert outcome(tmp_path, one + muted + same).status == "fail"
    added = '[[other.episodes]]\nid = "new"\ntopic = "Art"\n'
    assert outcome(tmp_path, one + added + same).status == "fail"


def described(**fields: object) -> tuple[CaseCatalog, Catalog]:
    one = CaseCatalog(topics=("Art", "Bread", "Chess", "Dance"), **fields)  # type: ignore[arg-type]
    made = case_catalog_input(one, (), Path())
    return one, training_data(made.episodes, made.vectors, Events.from_rows([]), NOW).catalog


def test_engagements_are_a_day_apart_from_the_given_age_on() -> None:
    _, catalog = described(per_topic=5)
    for one, count in [
        (CaseEngagement(category="Art", count=3, age_days=2), 3),
        (CaseEngagement(id=("art-1", "chess-2"), age_days=2, type="like"), 2),
        (CaseEngagement(category="Art", count=99, age_days=2), 5),
    ]:
        made = runner._engagements(catalog, [one])
        ages = [(runner.NOW_US - each.timestamp_us) / DAY_US for each in made]
        assert ages == [2 + number for number in range(count)]
        assert {each.type for each in made} == {one.type}


def test_a_topic_is_similar_to_its_neighbours_on_the_ring_alone() -> None:
    _, catalog = described(per_topic=2, noise=0.0)
    at = {
        name: catalog.embeddings[catalog.rows([f"{name}-0"])[0]]
        for name in ("art", "bread", "chess", "dance")
    }
    for one, two, cosine in [
        ("art", "bread", 0.44),
        ("bread", "chess", 0.44),
        ("dance", "art", 0.44),
        ("art", "chess", 0),
    ]:
        assert float(at[one] @ at[two]) == pytest.approx(cosine, abs=0.01)


def test_a_case_catalog_is_deterministic_by_its_seed() -> None:
    assert described(per_topic=5)[1].version == described(per_topic=5)[1].version
    assert described(per_topic=5)[1].version != described(per_topic=5, seed=1)[1].version


def test_levels_shift_the_scores_of_a_topic_within_bounds() -> None:
    _, plain = described(per_topic=20)
    _, raised = described(per_topic=20, levels={"Art": 3.0, "Chess": -9.0})
    art, chess = (EpisodeCriteria(category=name).mask(raised) for name in ("Art", "Chess"))
    assert (raised.scores[art][:, :2] == 5).all()
    assert (raised.scores[chess][:, :2] == 0).all()
    others = ~art & ~chess
    assert np.array_equal(raised.scores[others], plain.scores[others], equal_nan=True)


def test_a_case_catalog_may_be_a_file_beside_the_case(tmp_path: Path) -> None:
    titles = ("Moons and stars", "Bread at dawn", "The queen's gambit", "A slow waltz")
    records = [
        {"id": f"mine-{n}", "title": title, "published_at": NOW.isoformat()}
        for n, title in enumerate(titles)
    ]
    (tmp_path / "mine.json").write_text(json.dumps(records))
    more = 'generator = "file"\nfile = "mine.json"\n[[expect]]\ncheck = "length"\nat_least = 4\n'
    assert outcome(tmp_path, more).status == "pass"


def test_an_episode_without_a_topic_or_a_vector_has_no_embedding(tmp_path: Path) -> None:
    path = case(
        tmp_path,
        SMALL
        + """
[[catalog.episodes]]
id = "bare"
[[catalog.episodes]]
id = "aside"
vector = { Art = 1, aside = 1 }
[[catalog.episodes]]
id = "later"
topic = "Stamps"
age_days = -3
"""
        + EXPECT,
    )
    made = case_catalog_input(load_case(path).catalog, (), tmp_path)
    by_id = {one.id: row for row, one in enumerate(made.episodes)}
    assert not made.vectors.present[by_id["bare"]]
    assert made.vectors.present[by_id["aside"]]
    assert made.episodes[by_id["later"]].published_at > NOW
    unit = made.vectors.matrix / np.linalg.norm(made.vectors.matrix, axis=1, keepdims=True).clip(
        1e-9
    )
    assert unit[by_id["aside"]] @ unit[by_id["later"]] == 0
    assert unit[by_id["aside"]] @ unit[by_id["art-0"]] > 0.3
