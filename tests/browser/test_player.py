"""The player: what it plays next, where it goes on, and how it is reached."""

from datetime import datetime, timedelta

from playwright.sync_api import Locator, Page, Route, expect

from tests.support.page import menu, press, stored, tab_to, until, visit, with_episodes
from tests.support.server import Server
from tests.support.sound import AUDIO, sound


def player(page: Page) -> Locator:
    return page.get_by_role("region", name="Player")


def start(page: Page, site: Server, seconds: float = 60) -> list[str]:
    """Visit, and have each episode sound this long."""
    sound(page, seconds)
    with_episodes(page, audio_url=AUDIO)
    return visit(page, site)


def end(page: Page) -> None:
    player(page).get_by_label("Position").fill("60")


def test_the_queue_plays_in_its_order_then_the_feed_and_stays_for_a_reload(
    page: Page, site: Server
) -> None:
    first, second, third, fourth = start(page, site)[:4]
    press(page, f"Play: {first}")
    expect(player(page)).to_contain_text("0:01 / 1:00")
    menu(page, fourth, "Add to queue")
    menu(page, third, "Add to queue")
    player(page).get_by_role("link").click()
    rows = page.locator(".up-next li")
    expect(rows).to_contain_text([fourth, third])
    press(page, f"Move up: {third}")
    expect(rows).to_contain_text([third, fourth])
    handles = page.locator(".handle")
    handles.nth(1).drag_to(handles.nth(0))
    expect(rows).to_contain_text([fourth, third])
    press(page, "Clear")
    press(page, "Undo")
    expect(page.get_by_role("heading", name="Up next")).to_be_focused()
    press(page, f"Remove: {fourth}")
    expect(page.get_by_role("button", name=f"Remove: {third}")).to_be_focused()
    press(page, "Undo")
    expect(rows).to_contain_text([fourth, third])
    press(page, f"Remove: {fourth}")
    expect(rows).to_have_count(1)
    expect(page.locator(".up-next")).to_contain_text(f"Then: {second}")
    page.locator(".settings").get_by_label("Speed").select_option("1.5")
    page.reload()
    expect(page.locator("#playing h2 a").first).to_have_text(first)
    expect(rows).to_contain_text([third])
    page.go_back()
    expect(player(page).get_by_label("Speed")).to_have_value("1.5")
    for following in (third, fourth):
        press(player(page), "Play", exact=True)
        expect(player(page).get_by_role("button", name="Pause")).to_be_visible()
        until(page, lambda: "0:00 /" not in player(page).inner_text())
        end(page)
        expect(player(page)).to_contain_text(following)
        press(player(page), "Pause")
    until(page, lambda: [one["type"] for one in stored(site)].count("complete") == 2)


def test_it_goes_on_where_another_device_stopped(page: Page, site: Server) -> None:
    first = start(page, site)[0]
    press(page, f"Play: {first}")
    expect(player(page)).to_contain_text("0:01 / 1:00")
    press(player(page), "Pause")
    until(page, lambda: stored(site))
    (listen,) = stored(site)
    named = {key: listen[key] for key in ("id", "episode_id", "type")}
    later = datetime.fromisoformat(listen["timestamp"]) + timedelta(seconds=1)
    site.engage("guest-test", **named, progress=0.5, timestamp=later.isoformat())
    press(player(page), "Play", exact=True)
    expect(page.locator("#toast")).to_contain_text("Continued at 0:30")
    expect(player(page)).to_contain_text("0:3")
    page.get_by_role("button", name="Back to 0:0").click()
    expect(player(page)).to_contain_text("0:0")


def test_the_player_is_one_tab_stop_behind_the_button_that_was_pressed(
    page: Page, site: Server
) -> None:
    def with_audio(route: Route) -> None:
        home = route.fetch().json()
        for shelf in home["shelves"]:
            for episode in shelf.get("episodes", []):
                episode["audio_url"] = AUDIO
        route.fulfill(json=home)

    page.route("**/api/home", with_audio)
    first, second = start(page, site)[:2]
    page.get_by_role("button", name=f"Play: {first}").press("Enter")
    expect(player(page)).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(player(page).get_by_role("button", name="Pause")).to_be_focused()
    page.get_by_role("button", name=f"Save: {second}").press("Enter")
    expect(page.locator("#toast")).to_contain_text("Saved.")
    page.locator("#feed .reason").first.focus()
    for _ in range(15):
        page.keyboard.press("Tab")
        assert page.evaluate(
            """document.activeElement.getBoundingClientRect().bottom
                <= document.querySelector("#toast").getBoundingClientRect().top"""
        )
    rail = page.locator("#feed .rail").first
    rail.get_by_role("button", name="Play").first.press("Enter")
    expect(rail.get_by_role("button", name="Pause")).to_be_focused()
    page.keyboard.press("ArrowRight")  # the row has one stop: what leads to the player is behind it
    tab_to(page, "To the player")
