"""The Lab in a real browser: its history, its address, and that everybody can use it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.catalogs import catalog_of, episodes, publish_to
from tests.support.lab import QUEUE, add, liked, queue, side, visit
from tests.support.page import problems_of
from tests.support.server import Server

FLOORS = "\N{MINUS SIGN} quality floors"


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
    expect(page.locator("#history button[tabindex='0']")).to_have_count(1)  # the rest by arrows
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
    expect(option).to_have_attribute("value", one["id"])
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


@pytest.fixture
def hostile(start_site: Callable[[], Server], tmp_path: Path) -> Server:
    """A catalog whose titles are markup, and long."""
    made = [
        msgspec.structs.replace(one, title=f"<img src=x onerror=alert(1)> {one.id}" + "x" * 3000)
        for one in episodes(120)
    ]
    publish_to(tmp_path / "shelf", catalog_of(made))
    return start_site()


def test_a_title_is_text_never_markup_and_is_cut(page: Page, hostile: Server) -> None:
    page.goto(f"{hostile.url}/lab.html")
    expect(page.locator(".queue li").first).to_contain_text("<img src=x onerror=alert(")
    add(page, "episode-3")
    for summary in page.locator("summary:not(.queue li + li summary)").all():
        summary.click()
    page.get_by_role("application").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#pointed")).to_contain_text("<img")
    assert page.locator("img").count() == 0
    for long in (page.locator("#pointed"), page.locator(".queue summary").last):
        assert (long.bounding_box() or {"height": 0})["height"] < 200


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1400, "light")])
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
