"""The Lab in a real browser, beside the real function process."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from evaluation.online.report import Plan, report
from evaluation.online.simulation import simulate
from evaluation.report.online_tables import as_json
from feed.catalog.catalog import Catalog
from feed.scenarios.scenario import parse, shipped
from tests.support.catalogs import catalog_of, episodes, publish_to
from tests.support.page import problems_of
from tests.support.server import ROOT, Server

QUEUE = 50
FLOORS = "\N{MINUS SIGN} quality floors"


def visit(page: Page, site: Server) -> Page:
    """Open the Lab and wait for both sessions."""
    page.goto(f"{site.url}/lab.html")
    expect(page.locator(".queue > li")).to_have_count(2 * QUEUE)
    return page


def add(page: Page, episode_id: str) -> None:
    with page.expect_response("**/api/sessions/create"):
        page.get_by_role("combobox", name="Episode").fill(episode_id)
        page.get_by_role("button", name="Add", exact=True).click()


def side(page: Page, name: str) -> Any:
    return page.get_by_role("region", name=name, exact=True)


def queue(page: Page, name: str) -> list[str]:
    """The titles of one side's queue."""
    return side(page, name).locator(".queue summary > span:nth-child(2)").all_inner_texts()


def liked(site: Server, count: int = 2) -> list[dict[str, Any]]:
    """The first episodes of a first visit."""
    return site.create()["episodes"][:count]


def test_a_first_visit_is_ranked_by_two_scenarios_and_contacts_no_other_host(
    page: Page, site: Server
) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add("/".join(request.url.split("/")[:3])))
    problems = problems_of(page)
    visit(page, site)
    expect(page.get_by_label("Left scenario")).to_have_value("for_you")
    expect(page.get_by_label("Right scenario")).to_have_value("baseline")
    wanted = site.create(scenario="baseline", limit=QUEUE, seed=1)["episodes"]
    assert queue(page, "Right") == [one["title"] for one in wanted]
    expect(side(page, "Left")).to_contain_text("nothing is known")
    expect(page.get_by_text("A first visit: nothing is known.")).to_be_visible()
    assert hosts == {site.url}
    assert not [one for one in problems if "Content Security Policy" in one]


def test_an_added_engagement_changes_both_sessions(page: Page, site: Server) -> None:
    visit(page, site)
    one = liked(site)[1]
    add(page, one["id"])
    for name in ("Left", "Right"):
        expect(side(page, name)).to_contain_text("1 engagement in the user vector")
        assert one["title"] not in queue(page, name)
    expect(page.get_by_role("row", name=one["title"])).to_contain_text("like")
    other = liked(site)[0]
    add(page, other["id"])
    with page.expect_response("**/api/sessions/create"):
        page.get_by_role("button", name=f"Remove {other['title']}").press("Enter")
    expect(side(page, "Left")).to_contain_text("1 engagement in the user vector")
    expect(page.get_by_role("button", name=f"Remove {one['title']}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Episode")).to_be_focused()
    expect(side(page, "Left")).to_contain_text("nothing is known")


def test_an_episode_found_by_its_title_is_added_with_an_age_and_a_type(
    page: Page, site: Server
) -> None:
    visit(page, site)
    one = liked(site)[0]
    page.get_by_role("combobox", name="Episode").press_sequentially(one["title"][:-1].upper())
    option = page.locator("#found option")
    expect(option).to_have_count(1)
    assert option.get_attribute("value") == one["id"]
    page.get_by_role("combobox", name="Engagement").select_option("bookmark")
    page.get_by_label("Days ago").fill("12.5")
    with page.expect_request("**/api/sessions/create") as sent:
        add(page, one["id"])
    (engagement,) = sent.value.post_data_json["engagements"]
    assert engagement["type"] == "bookmark"
    assert engagement["timestamp"] == "2026-01-24T12:00:00.000Z"  # by the server's clock


def test_a_demo_user_s_stored_history_can_be_taken(page: Page, site: Server) -> None:
    first, second = liked(site)
    site.engage("ben", episode_id=first["id"], type="like", timestamp="2026-02-01T00:00:00Z")
    site.engage("ben", episode_id=second["id"], type="listen", progress=0.4)
    site.call("PATCH", "/api/me", {"category_interests": ["Science"]}, "ben")
    visit(page, site)
    page.get_by_label("Take the history of").select_option("ben")
    expect(page.get_by_text("2 engagements", exact=True)).to_be_visible()
    expect(page.get_by_role("row", name=first["title"])).to_contain_text("5 d ago")
    page.get_by_text("Stated interests").click()
    expect(page.get_by_label("Science", exact=True)).to_be_checked()
    wanted = site.create("ben", scenario="baseline", limit=QUEUE)["episodes"]
    expect(side(page, "Right").locator(".queue li").first).to_contain_text(wanted[0]["title"])
    assert queue(page, "Right") == [one["title"] for one in wanted]
    stored = site.call("GET", "/api/me/engagements", user="ben").json()["engagements"]
    assert len(stored) == 2  # looking changes nothing


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
    marks = side(page, "Left").locator(".queue b").all_inner_texts()
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


def test_the_map_names_what_is_pointed_at_and_a_press_adds_it(
    page: Page, site: Server, demo_catalog: Catalog
) -> None:
    visit(page, site)
    points = site.call("GET", "/api/map").json()["points"]
    assert len(points) == int(demo_catalog.embeddings.present.sum())
    point = points[0]
    canvas = page.get_by_role("application")
    box = canvas.bounding_box()
    assert box
    at = {
        "x": (0.5 + 0.48 * point["x"]) * box["width"],
        "y": (0.5 - 0.48 * point["y"]) * box["height"],
    }
    canvas.hover(position=at)
    expect(page.locator("#pointed")).to_contain_text(point["category"] or point["title"])
    named = page.locator("#pointed").inner_text().split(" · ")[0]
    canvas.click(position=at)
    expect(page.get_by_role("row", name=named)).to_be_visible()


def test_a_press_beside_every_episode_adds_none_to_the_next_seed(page: Page, site: Server) -> None:
    visit(page, site)
    canvas = page.get_by_role("application")
    canvas.hover()
    expect(page.locator("#pointed")).to_contain_text(" · ")
    canvas.click(position={"x": 4, "y": 4})
    with page.expect_request("**/api/sessions/create") as sent:
        page.get_by_role("button", name="New seed").click()
    assert sent.value.post_data_json["seed"] == 2
    expect(page.locator("#seed")).to_have_text("2")
    expect(page.locator("#history tr")).to_have_count(0)


def test_the_map_is_walked_with_the_arrows(page: Page, site: Server) -> None:
    visit(page, site)
    points = {one["title"]: one for one in site.call("GET", "/api/map").json()["points"]}
    page.get_by_role("application").focus()

    def step(key: str) -> dict[str, Any]:
        page.keyboard.press(key)
        return points[page.locator("#pointed").inner_text().split(" · ")[0]]

    right, further, up, down = map(step, ("ArrowRight", "ArrowRight", "ArrowUp", "ArrowDown"))
    assert 0 < right["x"] < further["x"]
    assert further["y"] < up["y"] > down["y"]
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name=down["title"])).to_be_visible()


@pytest.fixture
def hostile(start_site: Callable[[], Server], tmp_path: Path) -> Server:
    """A catalog whose titles are markup."""
    made = [
        msgspec.structs.replace(one, title=f"<img src=x onerror=alert(1)> {one.id}")
        for one in episodes(120)
    ]
    publish_to(tmp_path / "shelf", catalog_of(made))
    return start_site()


def test_a_title_is_text_never_markup(page: Page, hostile: Server) -> None:
    page.goto(f"{hostile.url}/lab.html")
    expect(page.locator(".queue li").first).to_contain_text("<img src=x onerror=alert(")
    add(page, "episode-3")
    for summary in page.locator("summary:not(.queue li + li summary)").all():
        summary.click()
    page.get_by_role("application").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#pointed")).to_contain_text("<img")
    assert page.locator("img").count() == 0


def test_a_catalog_without_a_map_can_still_be_tried(
    page: Page, start_site: Callable[[], Server], tmp_path: Path
) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(2)))
    page.goto(f"{start_site().url}/lab.html")
    expect(page.get_by_text("This catalog has no map.")).to_be_visible()
    expect(side(page, "Left")).to_contain_text("Chosen")


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


def test_rows_and_dots_are_linked_and_the_queue_is_walked_with_the_arrows(
    page: Page, site: Server
) -> None:
    visit(page, site)
    rows = side(page, "Left").locator(".queue > li")
    rows.nth(0).locator("summary").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#pointed")).to_contain_text(queue(page, "Left")[1])
    expect(page.locator("#pointed")).to_contain_text("left 2")
    expect(rows.nth(1)).to_have_class(re.compile("pointed"))
    page.keyboard.press("Enter")
    expect(rows.nth(1).locator(".parts li").first).to_contain_text(re.compile(r"\d\.\d{3}"))
    stops = page.locator(".queue summary[tabindex='0']")
    expect(stops).to_have_count(2)
    page.get_by_role("application").press("ArrowRight")
    expect(rows.nth(1)).not_to_have_class(re.compile("pointed"))


@pytest.mark.parametrize(
    "address", ["%", '{"seed":"x","events":{"type":"like"},"interests":5,"left":null}']
)
def test_an_address_that_says_nothing_usable_is_a_first_visit(
    page: Page, site: Server, address: str
) -> None:
    page.goto(f"{site.url}/lab.html#{address}")
    expect(page.locator(".queue > li")).to_have_count(2 * QUEUE)


def test_what_an_address_names_and_is_gone_is_named(page: Page, site: Server) -> None:
    state = {
        "events": [{"id": "gone<i>", "type": "like", "days": 1}],
        "left": {"scenario": "vanished", "weights": {"recency": -1}},
    }
    page.goto(f"{site.url}/lab.html#{json.dumps(state)}")
    expect(page.get_by_role("alert")).to_contain_text("blend.recency")
    side(page, "Left").locator("input[name=recency]").evaluate("one => { one.value = 1 }")
    page.get_by_role("button", name="New seed").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no scenario vanished")
    expect(page.get_by_text("Not in the catalog: gone<i>.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1400])
def test_the_lab_fits_and_passes_an_accessibility_check(
    browser: Browser, site: Server, width: int, scheme: Any
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = visit(context.new_page(), site)
    if width == 1400:  # the map and the best of both queues are on the screen together
        for seen in (page.locator("#map"), *page.locator(".queue > li:nth-child(3)").all()):
            expect(seen).to_be_in_viewport(ratio=1)
    add(page, liked(site)[0]["id"])
    expect(side(page, "Left")).to_contain_text("1 engagement in the user vector")
    side(page, "Left").get_by_text("Stages", exact=True).click()
    side(page, "Left").get_by_text(FLOORS).click()
    side(page, "Right").get_by_text("Weights", exact=True).click()
    page.locator(".queue summary").first.click()
    page.get_by_text("Stated interests").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    context.close()


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
    assert region.locator("svg").count() == 2
    assert not Axe().run(page, context="#result").response["violations"]
    assert problems == []
