"""The outbox: engagements made offline are sent later, once, as the right user."""

from typing import Any

from playwright.sync_api import Page, Request, expect

from tests.support.page import (
    go,
    listen_as,
    press,
    refresh,
    refuse,
    stored,
    titles,
    until,
    visit,
)
from tests.support.server import Server

WRITES = "**/api/me/engagements"


def posts(page: Page) -> list[Any]:
    """The engagements that the page sends, from now on."""
    sent: list[Any] = []

    def keep(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/me/engagements"):
            sent.append(request.post_data_json)

    page.on("request", keep)
    return sent


def test_engagements_made_offline_survive_a_reload_and_are_sent_once(
    page: Page, site: Server
) -> None:
    first, second = visit(page, site)[:2]
    page.context.set_offline(True)
    press(page, f"Save: {first}")
    press(page, f"Like: {second}")
    press(page, f"Like: {second}")  # and not
    banner = page.locator("#banner")
    expect(banner).to_contain_text("You are offline.")
    expect(go(page, "saved")).to_contain_text(first)
    assert stored(site) == []
    page.route(WRITES, lambda route: route.abort())
    page.context.set_offline(False)
    page.goto(f"{site.url}/#/saved")
    page.reload()
    expect(page.locator("#view-saved")).to_contain_text(first)
    expect(banner).to_contain_text("to be saved")
    page.unroute(WRITES)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(banner).to_be_hidden()
    until(page, lambda: [one["episode_title"] for one in stored(site)] == [first])


def test_an_outbox_is_sent_only_as_the_user_who_filled_it(page: Page, site: Server) -> None:
    first = visit(page, site, "ada")[0]
    page.route(WRITES, lambda route: route.abort())
    press(page, f"Save: {first}")
    expect(page.locator("#banner")).to_contain_text("to be saved")
    listen_as(page, "ben")
    page.unroute(WRITES)
    press(page, f"Like: {titles(page)[1]}")
    until(page, lambda: len(stored(site, "ben")) == 1)
    assert stored(site, "ada") == []
    listen_as(page, "ada")
    until(page, lambda: len(stored(site, "ada")) == 1)
    assert [one["type"] for one in stored(site, "ben")] == ["like"]
    assert stored(site, "ada")[0]["episode_title"] == first


def test_a_refused_write_is_dropped_and_one_that_the_store_cannot_take_waits(
    page: Page, site: Server
) -> None:
    first, second = visit(page, site)[:2]
    refuse(page, WRITES, "invalid-field", 400)
    save = page.get_by_role("button", name=f"Save: {first}")
    save.click()
    expect(page.locator("#toast")).to_contain_text("Not saved: because")
    expect(save).to_have_attribute("aria-pressed", "false")
    refuse(page, WRITES, "store-unavailable", 503)
    press(page, f"Save: {second}")
    expect(page.locator("#banner")).to_contain_text("One change waits to be saved.")
    expect(page.locator("#banner")).to_be_hidden()
    until(page, lambda: [one["episode_title"] for one in stored(site)] == [second])


def test_a_profile_list_is_changed_from_its_current_value(page: Page, site: Server) -> None:
    visit(page, site, "ada")
    you = go(page, "you")
    press(you, "Science", exact=True)
    until(page, lambda: interests(site) == ["Science"])
    site.call("PATCH", "/api/me", {"category_interests": ["Science", "Music"]}, "ada")
    press(you, "Food", exact=True)
    until(page, lambda: interests(site) == ["Science", "Music", "Food"])


def interests(site: Server) -> list[str]:
    return list(site.call("GET", "/api/me", user="ada").json()["category_interests"])


def test_a_change_made_a_moment_ago_counts_in_the_next_session(page: Page, site: Server) -> None:
    first = visit(page, site)[0]
    press(page, f"Save: {first}")
    refresh(page)
    expect(page.locator("#intro")).to_contain_text("the last episode")
    saved = go(page, "saved")
    press(saved, f"Remove: {first}")
    go(page, "")
    refresh(page)
    expect(page.locator("#intro")).to_contain_text("The best of everything")


def test_two_tabs_of_one_listener_send_each_engagement_once(page: Page, site: Server) -> None:
    first = visit(page, site)[0]
    other = page.context.new_page()
    second = visit(other, site)[1]
    sent = [posts(page), posts(other)]
    page.context.set_offline(True)
    press(page, f"Save: {first}")
    press(other, f"Like: {second}")
    expect(go(other, "history").get_by_role("listitem")).to_have_count(1)
    page.context.set_offline(False)
    until(page, lambda: len(stored(site)) == 2)
    expect(page.locator("#banner")).to_be_hidden()
    expect(other.locator("#banner")).to_be_hidden()
    assert {one["type"] for one in stored(site)} == {"bookmark", "like"}
    tries = [one["id"] for tab in sent for one in tab]
    assert len(set(tries)) == 2
