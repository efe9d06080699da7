"""What a listener does to the page, and what can be seen of it."""

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from tests.support.server import Server

PAGE = 10
OVERFLOW = """[document.documentElement, ...document.querySelectorAll("body *")]
    .filter((one) => !one.closest(".unseen, .skip, svg, .now, .track, .suggestion"))
    .filter((one) => !one.closest(".ways, .filters, #trending .chips"))
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5
        || one.scrollWidth > innerWidth)
    .map((one) => `${one.tagName}.${one.className}`)"""
NOT_OURS = ("Service Worker registration blocked by Playwright",)


def cards(page: Page) -> Locator:
    return page.locator("#feed article:visible")


def card(page: Page, title: str) -> Locator:
    return page.locator("#feed article", has=page.get_by_role("heading", name=title, exact=True))


def titles(page: Page, count: int = PAGE) -> list[str]:
    """The first titles shown, once there are at least `count`."""
    found = page.locator("#feed h2.title:visible")
    while True:
        expect(found.nth(count - 1)).to_be_attached()
        texts = found.all_inner_texts()  # fewer if cards are replaced just then
        if len(texts) >= count:
            return texts[:count]


def scroll_for(page: Page, count: int) -> list[str]:
    """Scroll, page by page, until `count` titles are there."""
    found = page.locator("#feed h2.title:visible")

    def more() -> bool:
        page.locator("#feed .card:visible").last.scroll_into_view_if_needed()
        return found.count() >= count

    until(page, more)
    return titles(page, count)


def visit(page: Page, site: Server, user: str | None = None, *, known: bool = True) -> list[str]:
    """Open the page, as one of the demo users or as a guest; `known`: it does not greet."""
    page.add_init_script(
        f"""if (!sessionStorage.visited) {{
            sessionStorage.visited = true;
            localStorage["earshot.guest"] = '"guest-test"';
            if ({str(known).lower()}) for (const one of ["guest-test", "ada", "ben", "cleo"])
                localStorage[`earshot.welcomed.${{one}}`] = true;
            if ({str(bool(user)).lower()}) localStorage["earshot.user"] = '"{user}"';
        }}"""
    )
    page.goto(site.url)
    shown = titles(page)
    page.wait_for_function(
        """() => ["lists", "menu", "parts", "player", "search", "why", "you"]
            .every((name) => performance.getEntriesByType("resource")
            .some(({ name: url }) => url.endsWith(`/${name}.js`)))"""
    )  # a test may go offline from here on
    return shown


def press(page: Page | Locator, name: str, **options: Any) -> None:
    page.get_by_role("button", name=name, **options).click()


def refresh(page: Page) -> list[str]:
    """A new session, by the button at its top."""
    with page.expect_response("**/api/sessions/create"):
        page.locator("#refresh").click()
    expect(page.locator("#feed")).not_to_have_attribute("aria-busy", "true")
    return titles(page)


def go(page: Page, view: str) -> Locator:
    """Another view of the page, by its navigation."""
    page.locator(f"nav a[href='#/{view}']").click()
    shown = page.locator(f"#view-{view or 'feed'}")
    expect(shown).to_be_visible()
    if view:
        expect(page.locator(f"#{view} > *").first).to_be_attached()  # its module is here
    return shown


def listen_as(page: Page, name: str) -> list[str]:
    """Somebody else takes this device."""
    go(page, "you")
    with page.expect_response("**/api/sessions/create"):
        press(page.locator("#you"), name, exact=True)
    go(page, "")
    return titles(page)


def menu(page: Page, title: str, item: str) -> None:
    """Press an item of an episode's menu."""
    press(page, f"More: {title}", exact=True)
    page.locator("#menu").get_by_role("button", name=item).click()


def until(page: Page, condition: Callable[[], Any], seconds: float = 10) -> None:
    """Ask until the answer is true, while the page and what is routed go on."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        page.wait_for_timeout(50)


def stored(site: Server, user: str = "guest-test") -> list[dict[str, Any]]:
    """The engagements that the API has stored, newest first."""
    answer = site.call("GET", "/api/me/engagements?limit=500", user=user).json()
    return list(answer["engagements"])


def problems_of(page: Page) -> list[str]:
    """What the page complains of, from now on."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console", lambda message: message.text not in NOT_OURS and problems.append(message.text)
    )
    return problems


def refuse(page: Page, address: str, kind: str, status: int, times: int = 1) -> None:
    """Have the API refuse the next calls to an address."""
    problem = {"type": f"urn:earshot:problem:{kind}", "title": "No", "detail": "because"}
    answer = {"status": status, "json": problem, "headers": {"Retry-After": "1"}}
    page.route(address, lambda route: route.fulfill(**answer), times=times)


def cached(page: Page) -> list[str]:
    """The addresses whose answers the service worker keeps."""
    return page.evaluate(
        """async () => (await Promise.all((await caches.keys()).map(async (name) =>
            (await (await caches.open(name)).keys()).map(({ url }) => url)))).flat()"""
    )


def with_episodes(page: Page, **fields: Any) -> None:
    """Have every episode of a session carry these fields, too."""

    def more(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        for episode in body.get("episodes", []):
            episode.update(fields)
        route.fulfill(response=answer, json=body)

    page.route("**/api/sessions/**", more)


def overflow(page: Page) -> list[str]:
    """What reaches beyond the window: the page itself, or a part of it that does not scroll."""
    return page.evaluate(OVERFLOW)


def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Move the focus, key by key, to what has this accessible name."""
    for _ in range(120):
        page.keyboard.press(key)
        focus = page.evaluate(
            "(document.activeElement.ariaLabel || document.activeElement.innerText || '').trim()"
        )
        if focus.startswith(name):
            return
    raise AssertionError(f"{key} never came to {name!r}")
