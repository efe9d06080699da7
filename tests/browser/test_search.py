"""Search as a listener meets it."""

import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.support.page import go, press, visit
from tests.support.server import Server


def test_words_find_episodes_as_they_are_typed_and_the_address_keeps_them(
    page: Page, site: Server
) -> None:
    title = visit(page, site)[3]
    words = title.lower()[:-1]
    box = go(page, "search").get_by_role("combobox", name="Search")
    expect(box).to_be_focused()
    box.press_sequentially(words)
    rows = page.locator("#search .row-item")
    expect(rows.first.locator(".title")).to_have_text(title)
    expect(
        page.get_by_role("listitem").filter(has_text=title).locator("mark").first
    ).to_be_visible()
    page.wait_for_function(
        "words => new URLSearchParams(location.hash.split('?')[1]).get('q') === words", arg=words
    )
    press(page, f"Save: {title}")
    page.reload()
    expect(box).to_have_value(words)
    expect(rows.first.get_by_role("button", name="Save")).to_have_attribute("aria-pressed", "true")
    box.fill("stars this month")
    expect(page.locator("#search")).to_contain_text("Looked for: from ")
    box.fill("zzzzzz")
    expect(page.locator("#search")).to_contain_text("Nothing found")


def test_what_is_typed_is_completed_and_the_keyboard_opens_a_suggestion(
    page: Page, site: Server
) -> None:
    series = site.create()["episodes"][0]["series"]
    visit(page, site)
    box = go(page, "search").get_by_role("combobox", name="Search")
    box.press_sequentially(series["name"][:-1])
    first = page.get_by_role("option").first
    expect(first).to_contain_text(series["name"])
    box.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    box.press_sequentially(series["name"][-1])
    expect(first).to_be_visible()
    box.press("ArrowDown")
    box.press("Enter")
    expect(page).to_have_url(re.compile(f"#/series/{series['id']}$"))
    go(page, "search")
    press(page, series["name"], exact=True)  # a recent search
    expect(box).to_have_value(series["name"])
    expect(page.locator("#search .facts").first).to_contain_text(series["name"])


def test_a_listener_who_goes_on_while_the_search_opens_comes_to_the_next_page(
    page: Page, site: Server
) -> None:
    visit(page, site)
    go(page, "search")
    page.evaluate(
        """async () => {
            const { show } = await import("/js/pages/search.js");
            location.hash = "#/saved";
            show(); // before the event that tells of the new address
        }"""
    )
    expect(page.locator("#view-saved")).to_be_visible()
    expect(page).to_have_url(re.compile("#/saved$"))


def test_filters_narrow_a_search_and_the_address_keeps_them(page: Page, site: Server) -> None:
    visit(page, site)
    page.goto(f"{site.url}/#/search?q=the&minutes=15&days=7")
    length = page.get_by_label("Length")
    expect(length).to_have_value("15")
    with page.expect_request(re.compile("category=Science")) as asked:
        page.get_by_role("combobox", name="Topic").select_option("Science")
    assert "max_duration_s=900" in asked.value.url.split("&")
    expect(page).to_have_url(re.compile("category=Science"))
    length.select_option("")
    expect(page).not_to_have_url(re.compile("minutes"))
    page.get_by_role("combobox", name="Search").fill("zzzzzz")
    press(page, "Without filters")
    expect(length).to_have_value("")
    expect(page).to_have_url(re.compile(r"#/search\?q=zzzzzz$"))


def test_what_a_search_finds_is_text_and_a_failure_is_told(page: Page, site: Server) -> None:
    evil = "<img src=x onerror=alert(1)>"

    def spoil(route: Route) -> None:
        answer = route.fetch().json()
        for one in answer["episodes"]:
            one |= {"title": evil, "snippet": {"text": evil, "ranges": [[1, 4]]}}
        route.fulfill(json={**answer, "people": [evil]})

    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.route("**/api/search**", spoil)
    suggestion = {"kind": "person", "text": evil, "id": None}
    page.route("**/api/suggest**", lambda route: route.fulfill(json={"suggestions": [suggestion]}))
    visit(page, site)
    box = go(page, "search").get_by_role("combobox", name="Search")
    box.fill("the")
    expect(page.locator("#search .found .title").first).to_have_text(evil)
    expect(page.get_by_role("option").locator(".title")).to_have_text(evil)
    assert page.locator("#search :is(.snippet, .title) img").count() == 0
    assert dialogs == []
    page.unroute("**/api/search**")
    page.route("**/api/search**", lambda route: route.abort())
    box.fill("then")
    expect(page.locator("#search")).to_contain_text("It cannot be reached just now")
    again = page.get_by_role("button", name="Try again")
    again.press("Enter")
    expect(page.locator(".found[aria-busy]")).to_have_count(0)
    expect(again).to_be_focused()
    page.unroute("**/api/search**")
    again.press("Enter")
    expect(page.locator("#search")).not_to_contain_text("cannot be reached")


def test_words_become_a_feed_that_a_reload_keeps_and_one_press_ends(
    page: Page, site: Server
) -> None:
    visit(page, site)
    go(page, "search").get_by_role("combobox", name="Search").fill("stars and planets")
    press(page, "Feed of this")
    about = page.locator("#about")
    expect(about).to_contain_text("About “stars and planets”")
    expect(page.locator(".reason", has_text="Matches “stars and planets”").first).to_be_visible()
    page.wait_for_timeout(250)  # a pause after typing does not lead back to the search
    assert page.url.endswith("#/")
    page.reload()
    expect(about).to_contain_text("stars and planets")
    press(about, "Your whole feed")
    expect(about).to_be_hidden()
    expect(page.locator("#intro")).to_contain_text("The best of everything")
    expect(page.locator(".reason", has_text="Matches")).to_have_count(0)


def test_a_photo_is_made_small_before_it_is_sent_and_becomes_a_feed(
    page: Page, site: Server, tmp_path: Path
) -> None:
    path = tmp_path / "evening.png"
    Image.effect_noise((2400, 1200), 90).convert("RGB").save(path)
    page.add_init_script(
        """const send = fetch;
        window.fetch = async (address, init) => {
            if (init?.body instanceof FormData) {
                const { width, height } = await createImageBitmap(init.body.get("photo"));
                window.sent = [width, height];
            }
            return send(address, init);
        };"""
    )
    visit(page, site)
    go(page, "search")
    page.get_by_label("Photo", exact=True).set_input_files(path)
    expect(page.locator("#about")).to_contain_text("About “")
    expect(page.locator("#feed .reason-text", has_text="Matches").first).to_be_visible()
    assert page.evaluate("sent") == [1024, 512]
    path.write_text("no picture")
    go(page, "search")
    page.get_by_label("Photo", exact=True).set_input_files(path)
    expect(page.locator("#toast")).to_contain_text("This picture cannot be read")
