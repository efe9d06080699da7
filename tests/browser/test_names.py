"""The pages of shows, people, things and topics, and what is trending."""

import re
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page, Route, expect

from tests.support.page import go, press, until, visit
from tests.support.server import Server

HOSTILE = "a/b%20#?& <b>🎧</b> שלום " + "x" * 200


def insight(name: str, episode: dict[str, Any]) -> dict[str, Any]:
    """A person who rises, as the API answers it."""
    reason = {"key": "rising_listeners", "params": {"times": "2.1"}, "text": "More than usual"}
    days = {"listeners_by_day": [0] * 12 + [5, 7], "series_by_day": [0] * 14}
    numbers = {"rising": True, "listeners": 12, "series": 0}
    return (
        {"kind": "person", "name": name, "reason": reason, "episodes": [episode]} | days | numbers
    )


def has_more(site: Server, show: str) -> bool:
    """Whether a show has more episodes than its page has at first."""
    return bool(site.call("GET", f"/api/series/{quote(show)}?limit=20").json()["next_cursor"])


def test_a_show_is_opened_from_a_row_followed_and_muted_and_leads_to_similar_ones(
    page: Page, site: Server
) -> None:
    shows = [one["series"] for one in site.create(limit=50)["episodes"]]
    show = next(one for one in shows if has_more(site, one["id"]))
    visit(page, site)
    page.goto(f"{site.url}/#/search?q={quote(show['name'])}")
    page.locator("#search .facts").get_by_role("link", name=show["name"]).first.click()
    content = page.locator("#series")
    expect(page.locator("#series-title")).to_have_text(show["name"])
    expect(content).to_contain_text(re.compile(r"\d+ episodes"))
    press(content, "Follow")
    press(content, "Mute")
    until(page, lambda: site.call("GET", "/api/me", user="guest-test").json()["muted_series"])
    page.reload()
    expect(content.get_by_role("button", name="Unfollow")).to_be_visible()
    expect(content.get_by_role("button", name="Unmute")).to_be_visible()
    press(content, "Show more")
    expect(content.locator(".row-item").nth(20).get_by_role("link").first).to_be_focused()
    similar = content.locator(".tile a").first
    name = similar.inner_text()
    similar.click()
    expect(page.locator("#series-title")).to_have_text(name)
    page.go_back()
    expect(page.locator("#series-title")).to_have_text(show["name"])


def test_a_topic_becomes_an_interest_and_an_unknown_name_is_told(page: Page, site: Server) -> None:
    visit(page, site)
    page.goto(f"{site.url}/#/topic/science")
    content = page.locator("#topic")
    expect(page.locator("#topic-title")).to_have_text("Science")
    expect(content.get_by_role("img", name="Shows on each of 14 days")).to_be_visible()
    press(content, "Follow")
    press(content, "Mute")
    until(page, lambda: site.call("GET", "/api/me", user="guest-test").json()["muted_categories"])
    profile = site.call("GET", "/api/me", user="guest-test").json()
    assert profile["category_interests"] == profile["muted_categories"] == ["Science"]
    for kind in ("topic", "person", "series"):
        page.goto(f"{site.url}/#/{kind}/{quote(HOSTILE, safe='')}")
        expect(page.locator(f"#{kind}")).to_contain_text("Nothing here is called that")


def test_what_rises_is_shown_with_a_reason_and_a_name_may_have_any_characters(
    page: Page, site: Server
) -> None:
    episode = site.create()["episodes"][0] | {"people": [HOSTILE]}
    answer = {"insights": [insight(HOSTILE, episode)], "until": "2026-02-06"}
    page.route("**/api/insights/trending?*", lambda route: route.fulfill(json=answer))
    found = {"episodes": [episode, site.create()["episodes"][1]]}
    page.route("**/api/search?*", lambda route: route.fulfill(json=found))
    visit(page, site)
    go(page, "search").get_by_role("link", name="Trending").click()
    content = page.locator("#trending")
    expect(content).to_contain_text("More than usual")
    expect(content.get_by_role("img", name="Listeners on each of 14 days: 0, 0")).to_be_visible()
    expect(content.locator(".tile a").first).to_be_visible()
    content.get_by_role("link", name=HOSTILE).click()
    expect(page.locator("#person-title")).to_have_text(HOSTILE)
    expect(page.locator("#person .row-item .title")).to_have_text(episode["title"])
    page.go_back()
    content.get_by_role("link", name="Science", exact=True).first.click()
    expect(page.locator("#trending-title")).to_have_text("Trending in Science")


def test_a_page_that_cannot_be_fetched_says_so_and_tries_again(page: Page, site: Server) -> None:
    show = site.create()["episodes"][0]["series"]
    fail = "**/api/series/**"

    def refuse(route: Route) -> None:
        route.abort()

    visit(page, site)
    page.route(fail, refuse)
    page.goto(f"{site.url}/#/series/{quote(show['id'], safe='')}")
    expect(page.locator("#series")).to_contain_text("cannot be reached")
    page.unroute(fail)
    press(page, "Try again")
    expect(page.locator("#series-title")).to_have_text(show["name"])
