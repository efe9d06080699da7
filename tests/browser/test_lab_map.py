"""The Lab's map, and how its dots and the rows of the queues belong together."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from feed.catalog.catalog import Catalog
from tests.support.catalogs import catalog_of, episodes, publish_to
from tests.support.lab import queue, side, visit
from tests.support.server import Server


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


def test_a_catalog_without_a_map_can_still_be_tried(
    page: Page, start_site: Callable[[], Server], tmp_path: Path
) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(2)))
    page.goto(f"{start_site().url}/lab.html")
    expect(page.get_by_text("This catalog has no map.")).to_be_visible()
    expect(side(page, "Left")).to_contain_text("Chosen")
