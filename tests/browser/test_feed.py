"""The For You feed as a listener meets it: a real browser, a real process."""

from datetime import datetime
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.support.catalogs import NOW
from tests.support.page import (
    PAGE,
    card,
    go,
    listen_as,
    menu,
    press,
    problems_of,
    refresh,
    scroll_for,
    titles,
    until,
    visit,
)
from tests.support.server import Server

IDS = "all => all.map((one) => one.dataset.id)"
WATCH_SHIFTS = """window.shift = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shift += one.value;
}).observe({ type: "layout-shift", buffered: true });"""


def test_a_first_visit_asks_for_a_session_first_and_contacts_no_other_host(
    page: Page, site: Server
) -> None:
    problems = problems_of(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    assert len(set(visit(page, site))) == PAGE
    expect(page.locator("#intro")).to_contain_text("The best of everything")
    for part in ("series", "facts", "insight", "reason-text"):
        for text in page.locator(f"#feed .{part}").all_inner_texts():
            assert text, part
    expect(page.locator("#foot")).to_be_empty()  # a new listener lacks nothing
    page.wait_for_load_state("networkidle")
    assert problems == []
    assert [url for url in asked if not url.startswith((site.url, "data:"))] == []
    assert f"{site.url}/api/sessions/create" in [url for url in asked if "/api/" in url][:4]
    cards = site.create()["episodes"]
    ages = [(NOW - datetime.fromisoformat(card["published_at"])).days for card in cards]
    at = next(index for index, days in enumerate(ages) if 2 <= days < 14)
    expect(page.locator("#feed .facts").nth(at)).to_contain_text(f"{ages[at]} days ago")
    page.route("**/api/me**", lambda route: route.abort())
    page.route("**/api/health", lambda route: route.abort())
    refresh(page)  # waits for nothing else


def test_a_first_visit_asks_for_interests_and_the_feed_follows(page: Page, site: Server) -> None:
    visit(page, site, known=False)
    welcome = page.get_by_role("region", name="What do you like to hear?")
    press(welcome, "Science", exact=True)
    press(welcome, "Show my feed")
    expect(page.locator("#intro")).to_have_text("Chosen from your interests.")
    expect(page.locator(".reason", has_text="You chose Science").first).to_be_visible()
    expect(welcome).to_be_hidden()
    page.reload()
    expect(page.locator("#intro")).to_have_text("Chosen from your interests.")
    chip = go(page, "you").get_by_role("button", name="Science", exact=True)
    expect(chip).to_have_attribute("aria-pressed", "true")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    page.locator("#toast").get_by_role("button", name="Refresh").click()
    expect(page.locator("#intro")).to_contain_text("The best of everything")


def test_interests_can_be_skipped(page: Page, site: Server) -> None:
    visit(page, site, known=False)
    press(page, "Skip", exact=True)
    expect(page.locator("#welcome")).to_have_count(0)
    refresh(page)
    expect(page.locator("#welcome")).to_have_count(0)


def test_scrolling_goes_on_for_pages_and_sessions_without_an_episode_twice(
    page: Page, site: Server
) -> None:
    asked: list[dict[str, Any]] = []

    def short(route: Route) -> None:
        """Sessions of two pages, and the third session has nothing new."""
        asked.append(route.request.post_data_json)
        answer = route.fetch()
        ended = {"episodes": [], "next_cursor": None} if len(asked) == 3 else {}
        route.fulfill(response=answer, json=answer.json() | ended)

    def last(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"next_cursor": None})

    page.route("**/sessions/create", short)
    page.route("**/next", last)
    visit(page, site)
    scroll_for(page, 31)
    cards, tiles = (page.locator(one).evaluate_all(IDS) for one in ("#feed > .card", ".rail .tile"))
    assert len(set(cards)) == len(cards)
    queue = [episode["id"] for episode in site.create("guest-test", limit=50)["episodes"]]
    assert cards[:15] == [one for one in queue if one not in tiles][:15]
    assert set(cards[:15]) | set(tiles[:3]) <= set(asked[1]["excluded_ids"])
    page.locator("#foot").scroll_into_view_if_needed()
    expect(page.locator("#end")).to_contain_text("That is all for now")


def test_shelves_stand_between_the_cards_move_nothing_and_open_on_a_page_of_their_own(
    page: Page, site: Server
) -> None:
    page.add_init_script(WATCH_SHIFTS)
    page.set_viewport_size({"width": 390, "height": 844})
    with page.expect_response("**/api/home") as answered:
        visit(page, site, known=False)
    rails = page.locator("#feed > .rail")
    expect(rails.first.locator(".tile").first).to_be_visible()
    assert page.evaluate("shift") < 0.02
    home = answered.value.json()
    cards = page.locator("#feed > .card").evaluate_all(IDS)
    assert cards == answered.value.request.post_data_json["excluded_ids"]
    shelf = next(one for one in home["shelves"] if one["remaining_count"] and "episodes" in one)
    rail = page.get_by_role("region", name=shelf["title"]["text"])
    expect(rail).to_contain_text(shelf["reason"]["text"])
    stops = rail.locator("li a, li button").evaluate_all(
        "all => all.filter((one) => !one.tabIndex)"
    )
    assert len(stops) == 3  # of one tile: the arrow keys lead to the others
    links = rail.locator(".title a")
    links.first.focus()
    page.keyboard.press("ArrowRight")
    expect(links.nth(1)).to_be_focused()
    for _ in shelf["episodes"]:
        page.keyboard.press("End")
        page.wait_for_timeout(100)
    expect(links).to_have_count(shelf["total"])  # the rest was fetched on the way
    stop = rail.locator(".title a[tabindex='0']")
    expect(stop).to_have_count(1)
    stop.evaluate("one => { one.closest('.tile').hidden = true; }")
    expect(stop).to_have_text(links.first.inner_text())
    until(
        page, lambda: home["session_id"] in page.evaluate("localStorage['earshot.seen.guest-test']")
    )
    rail.get_by_role("link", name="See all").click()
    expect(page.locator("#shelf .tile")).to_have_count(shelf["total"])
    expect(page.get_by_role("heading", level=1)).to_have_text(shelf["title"]["text"])
    page.reload()
    expect(page.locator("#shelf .tile")).to_have_count(shelf["total"])
    page.goto(f"{site.url}/#/shelf/none")
    expect(page.locator("#shelf")).to_contain_text("not there any more")
    page.route("**/api/home", lambda route: route.abort(), times=2)
    page.locator("#shelf").get_by_role("link", name="To the feed").click()
    refresh(page)
    load = page.get_by_role("button", name="Load the shelves")
    failed = load.element_handle()
    load.press("Enter")
    until(page, lambda: not failed.evaluate("one => one.isConnected"))
    expect(load).to_be_focused()
    load.press("Enter")
    expect(rails.first.locator(".tile").first).to_be_visible()
    expect(rails.first).to_be_focused()


def test_the_place_is_kept_over_another_view_and_a_reload(page: Page, site: Server) -> None:
    visit(page, site)
    there = scroll_for(page, 20)
    heading = card(page, there[14]).get_by_role("heading").first
    heading.scroll_into_view_if_needed()
    page.evaluate("scrollBy(0, 300)")
    before = heading.evaluate("one => one.getBoundingClientRect().top")

    def same() -> None:
        expect(heading).to_be_in_viewport()
        after = heading.evaluate("one => one.getBoundingClientRect().top")
        assert abs(after - before) < 50

    go(page, "history")
    go(page, "")
    same()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.reload()
    assert titles(page, 20) == there
    same()
    assert not any(url.endswith("/sessions/create") for url in asked)


def test_unsent_engagements_are_sent_with_the_next_session_request(
    page: Page, site: Server
) -> None:
    before = visit(page, site)
    page.route("**/api/me/engagements", lambda route: route.abort())
    press(page, f"Save: {before[0]}")
    refresh(page)
    expect(page.locator(".reason", has_text=f"bookmarked “{before[0]}”").first).to_be_visible()
    expect(page.locator("#foot")).not_to_contain_text("clock")  # this browser's runs months ahead


def test_why_this_shows_the_score_parts_and_the_sources_and_no_taste_before_there_is_one(
    page: Page, site: Server
) -> None:
    first = visit(page, site)[0]
    top = page.locator("#feed .card").first
    press(top, "Why this?")
    expect(top.locator(".why")).to_contain_text("Taste, not known yet")
    press(page, f"Save: {first}")
    refresh(page)
    scroll_for(page, 20)  # of the second page, too
    for place in (0, 14):
        shown = page.locator("#feed .card").nth(place)
        press(shown, "Why this?")
        why = shown.locator(".why")
        expect(why).to_be_visible()
        given = [float(one) for one in why.locator(".given").all_inner_texts()]
        total = float(why.inner_text().split("Total ")[1].split()[0].rstrip("."))
        assert len(given) > 1
        assert abs(sum(given) - total) < 0.05
        expect(why).to_contain_text("Proposed as: ")
    expect(top.locator(".why")).to_contain_text("Like your taste")
    expect(top.locator(".why")).not_to_contain_text("not known")
    leaning = page.locator("#feed .card", has_text=f"bookmarked “{first}”").first
    if leaning.locator(".why").is_hidden():
        press(leaning, "Why this?")
    expect(leaning.locator(".why dt").first).to_contain_text(first)  # the bar of what it says


def test_two_users_are_kept_apart(page: Page, site: Server) -> None:
    plain = visit(page, site, "ada")
    press(page, f"Save: {plain[0]}")
    menu(page, plain[1], "Follow")
    go(page, "you")
    press(page.locator("#you"), "Science", exact=True)
    for other in ("ben", "Guest"):
        assert listen_as(page, other) == plain
        expect(page.locator("#feed [aria-pressed=true]")).to_have_count(0)
        expect(go(page, "saved")).to_contain_text("Nothing saved yet")
    kept = page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    listen_as(page, "ada")
    expect(go(page, "saved")).to_contain_text(plain[0])
    assert f'"episode_title":"{plain[0]}' not in kept.replace("\\", "")


def test_what_was_on_the_screen_is_sent_with_the_next_session_and_then_forgotten(
    page: Page, site: Server
) -> None:
    kept = "JSON.parse(localStorage['earshot.seen.guest-test'] ?? '[]')"
    shown = visit(page, site)
    until(page, lambda: len(page.evaluate(kept)) >= 2)
    seen = page.evaluate(kept)
    ids = page.locator("#feed .card").evaluate_all("all => all.map((one) => one.dataset.id)")
    assert [one["episode_id"] for one in seen][:2] == ids[:2]
    assert len(seen) < len(shown)  # the others are below the window
    with page.expect_request("**/next") as asked:
        page.locator("#feed .card").last.scroll_into_view_if_needed()
    assert asked.value.post_data_json["seen"] == []  # a few are not worth a write
    page.route("**/create", lambda route: route.abort())
    press(page, "Refresh")
    expect(page.locator("#notice")).to_be_visible()
    assert page.evaluate(kept)[: len(seen)] == seen  # a call that failed keeps it
    page.unroute("**/create")
    with page.expect_request("**/create") as asked:
        press(page, "Try again")
    body = asked.value.post_data_json
    assert body["seen"][: len(seen)] == seen
    assert set(ids) <= set(body["served_ids"])
    until(page, lambda: seen[0] not in page.evaluate(kept))
    again = page.locator("#feed .card").evaluate_all("all => all.map((one) => one.dataset.id)")
    assert len(set(again[:10]) & set(ids[:10])) <= 5  # whoever starts over wants others
    # Two calls that overlap carry the same: neither forgets what was seen meanwhile.
    left = page.evaluate("""async () => {
      const { withSeen } = await import("./js/library/impressions.js");
      const keep = (...at) => {
        const seen = at.map((one) => ({ episode_id: "x", at: one }));
        localStorage["earshot.seen.guest-test"] = JSON.stringify(seen);
      };
      keep(1, 2);
      await withSeen(async () => {
        await withSeen(async () => ({}));
        keep(3);
        return {};
      });
      return JSON.parse(localStorage["earshot.seen.guest-test"]).map(({ at }) => at);
    }""")
    assert 3 in left
    assert 1 not in left
