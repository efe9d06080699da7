"""What the Lab shows of two sessions, and what can be taken along."""

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from evaluation.online.report import Plan, report
from evaluation.online.simulation import simulate
from evaluation.report.online_tables import as_json
from feed.scenarios.scenario import parse, shipped
from tests.support.lab import QUEUE, add, liked, queue, side, visit
from tests.support.page import problems_of
from tests.support.server import ROOT, Server

FLOORS = "\N{MINUS SIGN} quality floors"


def test_differences_are_marked_and_one_scenario_on_both_sides_has_none(
    page: Page, site: Server
) -> None:
    visit(page, site)
    everything = {
        name: {
            one["id"]: one["queue_position"]
            for one in site.create(scenario=name, detail=True, seed=1)["detail"]["candidates"]
        }
        for name in ("for_you", "baseline")
    }
    shown = site.create(scenario="for_you", limit=QUEUE, seed=1)["episodes"]
    places = side(page, "Left").locator(".queue b")
    expect(places.filter(has_text="only here").first).to_be_visible()
    marks = places.all_inner_texts()
    for one, mark in zip(shown, marks, strict=True):
        here, there = one["queue_position"], everything["baseline"].get(one["id"])
        moved = "only here" if there is None else f"up {there - here}" if here < there else ""
        moved = f"down {here - there}" if there and here > there else moved
        assert mark.removeprefix("↑ ").removeprefix("↓ ") == moved
    assert "only here" in marks
    with page.expect_response("**/api/sessions/create"):
        page.get_by_label("Right scenario").select_option("for_you")
    expect(page.locator(".queue b", has_text=re.compile("."))).to_have_count(0)
    assert queue(page, "Left") == queue(page, "Right")


def test_a_filter_opens_to_what_it_removed_and_a_source_to_what_it_brought(
    page: Page, site: Server
) -> None:
    visit(page, site)
    session = site.create(scenario="for_you", trace=True, detail=True, seed=1)
    removed = session["detail"]["removed"]["quality_floors"]
    left = side(page, "Left")
    left.get_by_text("Stages", exact=True).click()
    left.get_by_text(FLOORS).click()
    listed = left.get_by_role("list", name=FLOORS)
    expect(listed.get_by_role("listitem")).to_have_text([one["title"] for one in removed])
    left.get_by_text("+ fresh").click()
    brought = left.get_by_role("list", name="+ fresh").get_by_role("listitem")
    expect(brought).to_have_count(session["trace"]["sources"]["fresh"])
    expect(left.locator(".stage", has_text="Chosen")).to_contain_text(
        str(session["trace"]["chosen"])
    )


def test_an_episode_is_looked_for_in_the_stages_of_both_sides(page: Page, site: Server) -> None:
    visit(page, site)
    detail = site.create(scenario="for_you", detail=True, seed=1)["detail"]
    removed = detail["removed"]["quality_floors"][0]
    field = page.get_by_role("combobox", name="Episode")
    field.fill(removed["title"].upper())
    page.get_by_role("button", name="Where is it?").click()
    for name in ("Left", "Right"):
        found = side(page, name).locator(".found")
        expect(found).to_contain_text(removed["title"])
        expect(found.locator("dd").nth(1)).to_have_text("quality_floors")
    page.get_by_role("button", name="Where is it?").click()
    expect(page.locator(".found")).to_have_count(0)
    field.fill("no such <b>id</b>/")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("no such <b>id</b>/")
    expect(page.locator("#history tr")).to_have_count(0)
    expect(field).to_have_value("no such <b>id</b>/")


def test_edited_weights_rank_make_a_scenario_file_a_replay_and_a_link(
    page: Page, site: Server, tmp_path: Path
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit(page, site)
    add(page, liked(site)[1]["id"])
    left = side(page, "Left")
    before = queue(page, "Left")
    left.get_by_text("Weights", exact=True).click()
    left.locator("input[name=recency]").fill("9")
    with page.expect_response("**/api/sessions/create") as answered:
        left.locator("input[name=era]").fill("0.5")
    shown = answered.value.json()["episodes"]
    expect(left.locator(".queue summary").first).to_contain_text(shown[0]["title"])
    assert queue(page, "Left") == [one["title"] for one in shown] != before

    with page.expect_download() as saved:
        left.get_by_role("button", name="Save as TOML").click()
    made, usual = parse(saved.value.path().read_bytes()), shipped()["for_you"]
    assert saved.value.suggested_filename == "for_you_tuned.toml"
    assert (made.name, made.blend.recency) == ("for_you_tuned", 9)
    curve = usual.blend.curves["era"]
    halves = [round(value / 2, 4) for value in curve.value]
    assert made.blend.curves["era"].value == pytest.approx(halves, abs=1e-4)
    assert made.blend.curves["era"].at == curve.at

    left.get_by_role("button", name="Copy as replay").click()
    expect(page.locator("#live")).to_have_text("Copied.")
    command = page.evaluate("navigator.clipboard.readText()")
    shell = f'python() {{ {sys.executable} "$@"; }}\n{command}'
    ran = subprocess.run(
        ["sh", "-c", shell],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "SHELF": site.settings["SHELF"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    again = msgspec.json.decode(ran.stdout)
    assert again["episodes"] == shown
    assert again["detail"] == answered.value.json()["detail"]

    link, ranked = page.url, queue(page, "Left")
    other = page.context.new_page()
    other.goto(link)
    expect(other.locator(".queue > li")).to_have_count(2 * QUEUE)
    assert queue(other, "Left") == ranked
    expect(other.get_by_role("row", name=liked(site)[1]["title"])).to_be_visible()
    expect(side(other, "Left").locator("input[name=recency]")).to_have_value("9")


def test_the_result_of_an_experiment_is_shown_with_pictures_and_a_table(
    page: Page, site: Server, tmp_path: Path
) -> None:
    exposures = simulate(np.random.default_rng(0), 200, lift=0.9)
    found = as_json(report(exposures, {}, Plan({"control": 1, "treatment": 1})))
    (tmp_path / "result.json").write_bytes(msgspec.json.encode(found))
    (tmp_path / "other.json").write_text('{"experiments": [1]}')
    problems = problems_of(page)
    visit(page, site)
    choice, region = page.locator("#result-file"), page.locator("#result")
    choice.set_input_files(tmp_path / "other.json")
    expect(region).to_contain_text("other.json is no result")
    choice.set_input_files(tmp_path / "result.json")
    (experiment,) = found["experiments"]
    for sentence in experiment["sentences"]:
        expect(region).to_contain_text(sentence)
    expect(region.locator("tbody tr")).to_have_count(len(experiment["compared"]))
    primary = region.locator("tbody tr", has_text="click through, % (primary)")
    expect(primary).to_contain_text(f"{experiment['compared'][0]['p']:.3f}")
    expect(region.locator("svg")).to_have_count(2)
    assert not Axe().run(page, context="#result").response["violations"]
    assert problems == []
