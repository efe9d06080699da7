"""The For You feed as a listener meets it: a real browser, a real process."""

from datetime import datetime

from playwright.sync_api import Page, expect

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
    expect(page.locator("#foot")).to_contain_text("new listener")
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
    expect(page.locator("#welcome")).to_be_empty()
    refresh(page)
    expect(page.locator("#welcome")).to_be_empty()


def test_scrolling_goes_on_for_pages_without_an_episode_twice(page: Page, site: Server) -> None:
    visit(page, site)
    scroll_for(page, 40)
    found = page.locator("#feed .card").evaluate_all("all => all.map((one) => one.dataset.id)")
    queue = [episode["id"] for episode in site.create("guest-test", limit=50)["episodes"]]
    assert found[:40] == queue[:40]
    assert len(set(found)) == len(found)


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
