"""Questions and answers as a listener meets them."""

from playwright.sync_api import Page, Route, expect

from tests.support.page import go, press, visit
from tests.support.server import Server

ASK = "**/api/ask"


def test_a_search_becomes_a_question_and_its_answer_leads_to_the_sources(
    page: Page, site: Server
) -> None:
    visit(page, site)
    go(page, "search").get_by_role("combobox", name="Search").fill("how do stars form")
    press(page.locator("#search"), "Ask", exact=True)
    turn = page.locator("#ask .turns > li").first
    expect(turn.get_by_role("heading")).to_have_text("how do stars form")
    expect(turn).to_contain_text("not written by a model")
    first = turn.locator(".cite").first
    number = int(first.inner_text().strip("[]"))
    first.click()
    expect(turn.locator(".row-item").nth(number - 1)).to_be_focused()
    page.get_by_role("textbox", name="Your question").fill("and the moon?")
    press(page, "Ask", exact=True)
    expect(page.locator("#ask .turns > li")).to_have_count(2)
    expect(page.locator("#ask .answer").first).not_to_be_empty()


def test_what_an_answer_says_is_text_and_what_breaks_it_off_is_told(
    page: Page, site: Server
) -> None:
    evil = "<img src=x onerror=alert(1)>"
    pieces = [evil, "and [9] or [1", "]"]
    broken = {"type": "urn:earshot:problem:internal-error", "title": "It broke", "status": 500}

    def answer(route: Route) -> None:
        events = ['event: session\ndata: {"id":"a","conversation":null}\n\n', ": heartbeat\n\n"]
        events += ['event: sources\r\ndata: {"episodes":[],"catalog_version":"v"}\r\n\r\n']
        events += [f'event: token\ndata: {{"text":"{one}"}}\n\n' for one in pieces]
        events += [f"event: error\ndata: {broken}\n\n".replace("'", '"')]
        route.fulfill(body="".join(events), content_type="text/event-stream")

    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    visit(page, site)
    page.route(ASK, answer)
    page.goto(f"{site.url}/#/ask?q=anything")
    turn = page.locator("#ask .turns > li")
    expect(turn.locator(".answer")).to_have_text("".join(pieces))
    expect(turn).to_contain_text("It broke")
    expect(turn.locator(".answer img, .cite")).to_have_count(0)
    assert dialogs == []
    page.unroute(ASK)
    turn.get_by_role("button", name="Try again").click()
    expect(turn.locator(".answer")).not_to_be_empty()


def test_an_answer_can_be_stopped(page: Page, site: Server) -> None:
    visit(page, site)
    page.route(ASK, lambda _route: None)  # never answered
    page.goto(f"{site.url}/#/ask?q=anything")
    press(page, "Stop")
    expect(page.locator("#ask .turns > li")).to_contain_text("Stopped.")
    page.unroute(ASK)
    page.get_by_role("textbox", name="Your question").fill("again")
    press(page, "Ask", exact=True)
    expect(page.locator("#ask .answer").first).not_to_be_empty()
