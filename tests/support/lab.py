"""The Lab as a test uses it: its page, its history, and what its sides show."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.support.server import Server

QUEUE = 50


def visit(page: Page, site: Server) -> Page:
    """Open the Lab and wait for both sessions."""
    page.goto(f"{site.url}/lab.html")
    expect(page.locator(".queue > li")).to_have_count(2 * QUEUE)
    return page


def add(page: Page, episode_id: str) -> None:
    """Add an episode to the history, and wait until it is ranked."""
    with page.expect_response("**/api/sessions/create"):
        page.get_by_role("combobox", name="Episode").fill(episode_id)
        page.get_by_role("button", name="Add", exact=True).click()


def side(page: Page, name: str) -> Locator:
    """One side: "Left" or "Right"."""
    return page.get_by_role("region", name=name, exact=True)


def queue(page: Page, name: str) -> list[str]:
    """The titles of one side's queue."""
    return side(page, name).locator(".queue summary > span:nth-child(2)").all_inner_texts()


def liked(site: Server, count: int = 2) -> list[dict[str, Any]]:
    """The first episodes of a first visit."""
    return site.create()["episodes"][:count]
