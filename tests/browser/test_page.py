"""The page as a listener meets it: a real browser, a real process."""

import sqlite3
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.catalogs import NOW
from tests.support.page import PAGE, cards, listen_as, new_session, press, titles, visit
from tests.support.server import Server


def test_a_first_visit_shows_cards_and_asks_nobody_else(page: Page, site: Server) -> None:
    problems: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    shown = visit(page, site)
    assert len(set(shown)) == PAGE
    expect(page.get_by_role("heading", name="For You")).to_be_visible()
    expect(page.locator("#intro")).to_contain_text("The best of everything")
    for part in ("series", "facts", "insight", "reason"):
        for text in page.locator(f".card .{part}").all_inner_texts():
            assert text, part
    assert problems == []
    assert [url for url in asked if not url.startswith((site.url, "data:"))] == []


def test_show_more_goes_on_without_an_episode_twice(page: Page, site: Server) -> None:
    visit(page, site)
    for count in (20, 30, 40):
        press(page, "Show more")
        shown = titles(page, count)
        expect(page.locator(".title").nth(count - PAGE)).to_be_focused()
    queue = site.create(limit=40)["episodes"]
    assert shown == [episode["title"] for episode in queue]
    assert len({episode["id"] for episode in queue}) == 40


def test_a_bookmark_survives_a_reload_and_bends_the_next_session(page: Page, site: Server) -> None:
    visit(page, site)
    before = listen_as(page, "ada")
    expect(page.locator("footer")).to_contain_text("new listener")
    bookmark = page.get_by_role("button", name=f"Bookmark: {before[1]}")
    bookmark.click()
    expect(bookmark).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#hint")).to_contain_text("Bookmarked.")

    page.locator("#hint").get_by_role("button", name="New session").click()
    expect(page.locator("#intro")).to_contain_text("the last episode you picked")
    bent = titles(page)
    assert len(set(bent) - set(before)) >= 3
    because = page.locator(".reason", has_text=f"Because you bookmarked “{before[1]}”")
    assert because.count() >= 2
    expect(page.locator("footer")).not_to_contain_text("new listener")

    page.reload()
    assert titles(page) == bent
    expect(page.get_by_label("Listening as")).to_have_value("ada")
    page.get_by_text("Your bookmarks (1)").click()
    expect(page.locator("#bookmarks-list")).to_contain_text(before[1])
    press(page, f"Remove: {before[1]}")
    expect(page.locator("#bookmarks")).to_be_hidden()
    new_session(page)
    expect(page.locator("#intro")).to_contain_text("The best of everything")
    assert titles(page) == before


def test_an_anonymous_listener_bends_the_feed_and_stays_unknown(page: Page, site: Server) -> None:
    before = visit(page, site)
    press(page, f"Bookmark: {before[0]}")
    new_session(page)
    expect(page.locator(".reason", has_text="Because you bookmarked").first).to_be_visible()
    expect(page.locator("footer")).not_to_contain_text("clock")  # this browser's runs months ahead
    assert before[0] not in titles(page)
    users = Path(site.settings["STORE"])
    with sqlite3.connect(users) as db:
        assert db.execute("SELECT count(*) FROM engagements").fetchone() == (0,)


def test_what_is_not_interesting_goes_and_stays_away(page: Page, site: Server) -> None:
    visit(page, site)
    gone, kept = listen_as(page, "ben")[:2]
    press(page, f"Not interested: {gone}")
    expect(page.get_by_text(f"Noted: less like “{gone}”.")).to_be_visible()
    expect(cards(page)).to_have_count(PAGE - 1)
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.reload()
    assert kept in titles(page)
    for count in (20, 30):
        press(page, "Show more")
        assert gone not in titles(page, count)
    assert gone not in {episode["title"] for episode in site.create("ben", limit=50)["episodes"]}


def test_not_interested_can_be_undone(page: Page, site: Server) -> None:
    visit(page, site)
    back = listen_as(page, "ben")[0]
    press(page, f"Not interested: {back}")
    press(page, "Undo")
    expect(cards(page)).to_have_count(PAGE)
    new_session(page)
    assert back in titles(page)
    assert site.call("GET", "/api/me/engagements", user="ben").json()["engagements"] == []


@pytest.mark.parametrize("user", ["cleo", ""], ids=["named", "anonymous"])
def test_an_interest_is_kept_and_chooses_the_feed(page: Page, site: Server, user: str) -> None:
    visit(page, site)
    listen_as(page, user or "ada")
    if not user:
        listen_as(page, "")
    chip = page.get_by_role("button", name="Science", exact=True)
    chip.click()
    expect(page.locator("#hint")).to_contain_text("Interests saved.")
    new_session(page)
    expect(page.locator("#intro")).to_have_text("Chosen from your interests.")
    expect(page.locator(".reason", has_text="You chose Science").first).to_be_visible()
    page.reload()
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#intro")).to_have_text("Chosen from your interests.")
    stored = site.call("GET", "/api/me", user="cleo").json()["category_interests"]
    assert stored == (["Science"] if user else [])
    chip.click()
    new_session(page)
    expect(page.locator("#intro")).to_contain_text("The best of everything")


def test_two_users_are_kept_apart(page: Page, site: Server) -> None:
    visit(page, site)
    plain = listen_as(page, "ada")
    press(page, f"Bookmark: {plain[0]}")
    press(page, "Science", exact=True)
    expect(page.locator("#hint")).to_contain_text("Interests saved.")
    for other in ("ben", ""):
        assert listen_as(page, other) == plain
        expect(page.locator("#bookmarks")).to_be_hidden()
        expect(page.locator("[aria-pressed=true]")).to_have_count(0)
    listen_as(page, "ada")
    expect(page.get_by_text("Your bookmarks (1)")).to_be_visible()
    expect(page.locator(".chips [aria-pressed=true]")).to_have_text("Science")
    stored = page.evaluate("JSON.stringify(localStorage)")
    assert plain[0] not in stored  # what is a user's own is not left in a shared browser


def test_ages_are_told_by_the_clock_of_the_server(page: Page, site: Server) -> None:
    visit(page, site)
    episode = site.create()["episodes"][0]
    days = (NOW - datetime.fromisoformat(episode["published_at"])).days
    assert 2 <= days < 14
    expect(page.locator(".facts").first).to_contain_text(f"{days} days ago")


def test_a_reason_opens_to_the_numbers_behind_it(page: Page, site: Server) -> None:
    visit(page, site)
    episode = site.create()["episodes"][0]
    expect(page.locator(".scores").first).to_be_hidden()
    page.locator(".reason").first.click()
    expect(page.locator(".scores").first).to_contain_text(f"score {episode['final_score']:.2f}")
