"""What a listener does to the page, and what can be seen of it."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.support.server import Server

PAGE = 10


def cards(page: Page) -> Locator:
    return page.get_by_role("article")


def titles(page: Page, count: int = PAGE) -> list[str]:
    """The titles shown, once there are `count`."""
    expect(page.locator(".title")).to_have_count(count)
    return page.locator(".title").all_inner_texts()


def visit(page: Page, site: Server) -> list[str]:
    page.goto(site.url)
    return titles(page)


def press(page: Page, name: str, **options: Any) -> None:
    page.get_by_role("button", name=name, **options).click()


def new_session(page: Page) -> None:
    page.get_by_role("banner").get_by_role("button", name="New session").click()


def listen_as(page: Page, name: str) -> list[str]:
    with page.expect_response("**/api/sessions/create"):
        page.get_by_label("Listening as").select_option(name)
    return titles(page)


def session_refused(page: Page, kind: str, status: int) -> None:
    """Have the next session refused, as the API would."""
    problem = {"type": f"urn:earshot:problem:{kind}", "title": "No", "detail": "because"}
    page.route(
        "**/api/sessions/create",
        lambda route: route.fulfill(status=status, json=problem, headers={"Retry-After": "1"}),
        times=1,
    )


def overflow(page: Page) -> list[str]:
    """What reaches beyond the window: the page itself, or a part of it that does not scroll."""
    return page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll("body *")]
            .filter((one) => !one.closest(".chips, .unseen, .skip"))
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5
                || one.scrollWidth > innerWidth)
            .map((one) => `${one.tagName}.${one.className}`)"""
    )


def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Move the focus, key by key, to what has this accessible name."""
    for _ in range(80):
        page.keyboard.press(key)
        focus = page.evaluate(
            "(document.activeElement.ariaLabel || document.activeElement.innerText || '').trim()"
        )
        if focus.startswith(name):
            return
    raise AssertionError(f"{key} never came to {name!r}")
