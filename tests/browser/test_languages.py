"""The page in the listener's language, and from right to left."""

from playwright.sync_api import Browser, Page, expect

from tests.support.page import go, overflow, titles, visit, with_episodes
from tests.support.server import Server

ARABIC = "قصص قصيرة من البحر والصحراء"


def test_a_german_browser_gets_german_texts_until_the_listener_chooses_english(
    browser: Browser, site: Server
) -> None:
    context = browser.new_context(locale="de-DE", service_workers="block")
    page = context.new_page()
    page.goto(site.url)
    titles(page)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("heading", level=1)).to_have_text("Für dich")
    expect(page.get_by_role("link", name="Zum Inhalt")).to_be_attached()
    expect(page.locator("#feed .reason-text").first).to_have_text("Hoch bewertet")
    expect(page.locator("#feed .facts").first).to_contain_text("vor ")
    go(page, "you")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("You")
    context.close()


def test_arabic_reads_from_right_to_left_and_nothing_leaves_the_window(
    page: Page, site: Server
) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    with_episodes(page, title=ARABIC, series={"id": "sea", "name": ARABIC}, key_insight=ARABIC)
    visit(page, site)
    heading = page.locator("#feed h2").first
    expect(heading).to_have_css("direction", "rtl")
    page.evaluate("document.documentElement.dir = 'rtl'")
    card = page.locator("#feed .card").first
    cover, text = (card.locator(one).bounding_box() for one in (".art", ".head"))
    assert cover is not None
    assert text is not None
    assert cover["x"] > text["x"]
    assert overflow(page) == []
    for view in ("search", "history", "you"):
        go(page, view)
        assert overflow(page) == [], view
