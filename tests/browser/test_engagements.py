"""Engagements with an episode are shown at once, stored, and can be undone."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.support.page import (
    PAGE,
    card,
    cards,
    go,
    menu,
    press,
    refresh,
    scroll_for,
    stored,
    titles,
    until,
    visit,
    with_episodes,
)
from tests.support.server import Server
from tests.support.sound import AUDIO, sound

KEPT_CARDS = """caches.open("earshot-kept").then((kept) => kept.match("kept-cards"))
    .then((cards) => cards?.text() ?? "")"""


def kinds(site: Server, user: str = "guest-test") -> list[str]:
    return sorted(one["type"] for one in stored(site, user))


def profile(site: Server) -> dict[str, Any]:
    return dict(site.call("GET", "/api/me", user="guest-test").json())


def play(
    page: Page, site: Server, seconds: float, answer: Callable[[Route], object] | None = None
) -> str:
    """Visit, and play the first episode: it has this much sound, unless `answer` is in between."""
    sound(page, seconds)
    if answer:
        page.route(AUDIO, answer)
    with_episodes(page, audio_url=AUDIO, image_url="http://images.example/insecure.png")
    first = visit(page, site)[0]
    press(page, f"Play: {first}")
    return first


def test_saves_likes_clicks_and_shares_are_stored_once(page: Page, site: Server) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.add_init_script("delete Navigator.prototype.share")
    first, second = visit(page, site)[:2]
    for name in (f"Save: {first}", f"Like: {second}"):
        button = page.get_by_role("button", name=name)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
    menu(page, first, "Share")
    expect(page.locator("#toast")).to_contain_text("Link copied.")
    episode_id = page.locator("#feed .card").first.get_attribute("data-id")
    assert page.evaluate("navigator.clipboard.readText()") == f"{site.url}/episode/{episode_id}"
    card(page, first).get_by_role("link", name=first, exact=True).click()
    expect(page.locator("#view-episode")).to_be_visible()
    page.go_back()
    until(page, lambda: kinds(site) == ["bookmark", "click", "like", "share"])
    press(page, f"Like: {second}")
    until(page, lambda: kinds(site) == ["bookmark", "click", "share"])
    page.reload()
    titles(page)
    saved = page.get_by_role("button", name=f"Save: {first}")
    expect(saved).to_have_attribute("aria-pressed", "true")


def test_an_episode_marked_not_interested_is_removed_and_not_shown_again(
    page: Page, site: Server
) -> None:
    gone, back = visit(page, site)[:2]
    press(page, f"Not interested: {gone}")
    expect(page.locator(".gone:visible")).to_contain_text(f"Noted: less like “{gone}”.")
    expect(cards(page)).to_have_count(PAGE - 1)
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    press(page, f"Not interested: {back}")
    page.get_by_role("button", name="Undo").last.click()
    expect(card(page, back)).to_be_visible()
    until(page, lambda: [one["episode_title"] for one in stored(site)] == [gone])
    refresh(page)
    assert gone not in scroll_for(page, 30)


def test_a_series_is_followed_by_its_name_and_muted_until_it_is_unmuted(
    page: Page, site: Server
) -> None:
    first = visit(page, site)[0]
    series = card(page, first).locator(".series").inner_text()
    menu(page, first, f"Follow {series}")
    until(page, lambda: profile(site)["followed_series"])
    page.reload()
    you = go(page, "you")
    press(you, f"Unfollow: {series}")
    expect(you).not_to_contain_text(series)
    until(page, lambda: not profile(site)["followed_series"])
    go(page, "")
    menu(page, first, f"Mute {series}")
    expect(page.locator(".gone:visible")).to_contain_text(f"Muted: “{series}”.")
    refresh(page)
    scroll_for(page, 40)
    assert series not in page.locator("#feed .series:visible").all_inner_texts()
    press(go(page, "you"), f"Unmute: {series}")
    expect(page.locator("#you")).not_to_contain_text(series)
    until(page, lambda: profile(site)["muted_series"] == [])


def test_playing_is_recorded_with_its_progress_to_the_end(page: Page, site: Server) -> None:
    first = play(page, site, 40)
    player = page.get_by_role("region", name="Player")
    expect(player).to_contain_text(first)
    expect(player).to_contain_text("0:01 / 0:40")
    told = "navigator.mediaSession.metadata.artwork.map(({ src, sizes }) => [src, sizes])"
    until(page, lambda: page.evaluate(told) == [[f"{site.url}/icon-512.png", "512x512"]])
    press(player, "Pause")
    until(page, lambda: kinds(site) == ["listen"])
    (listen,) = stored(site)
    assert 0 < listen["progress"] < 0.5
    expect(card(page, first).locator(".facts")).to_contain_text(" min left")
    press(player, "Play", exact=True)
    press(player, "Forward 30 seconds")
    press(player, "Forward 30 seconds")
    until(page, lambda: kinds(site) == ["complete", "listen"])
    until(page, lambda: max(one.get("progress", 0) for one in stored(site)) > 0.9)
    press(player, "Close the player")
    expect(player).to_be_hidden()
    expect(page.get_by_role("main")).to_be_focused()


def test_the_operating_system_shows_and_controls_playback(page: Page, site: Server) -> None:
    page.add_init_script(
        """window.handlers = {};
        MediaSession.prototype.setActionHandler = (action, handler) => {
            handlers[action] = handler;
        };"""
    )
    image = "https://images.example/cover.png"
    page.route(image, lambda route: route.abort())
    sound(page, 60)
    with_episodes(page, audio_url=AUDIO, image_url=image)
    first = visit(page, site)[0]
    series = card(page, first).locator(".series").inner_text()
    press(page, f"Play: {first}")
    player = page.get_by_role("region", name="Player")
    expect(player).to_contain_text("0:01 / 1:00")
    told = "(({title, artist, artwork}) => [title, artist, artwork.map(({src}) => src)])"
    assert page.evaluate(f"{told}(navigator.mediaSession.metadata)") == [first, series, [image]]
    page.evaluate("handlers.pause({})")
    expect(player.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.evaluate("handlers.seekforward({})")
    expect(player).to_contain_text("0:31 / 1:00")
    page.evaluate("handlers.seekbackward({})")
    expect(player).to_contain_text("0:16 / 1:00")
    page.evaluate("handlers.seekforward({seekOffset: 10})")
    expect(player).to_contain_text("0:26 / 1:00")
    page.evaluate("handlers.play({})")
    expect(player.get_by_role("button", name="Pause")).to_be_visible()
    press(player, "Close the player")
    assert page.evaluate("navigator.mediaSession.metadata") is None
    started = """() => {
        let started = 0;
        HTMLMediaElement.prototype.play = async () => { started += 1; };
        handlers.play({});
        return started;
    }"""
    assert page.evaluate(started) == 0  # a headset's key, when there is nothing to play any more


def test_the_player_shows_that_it_is_buffering(page: Page, site: Server) -> None:
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    first = play(page, site, 60, hold)
    button = page.locator("#player .big")
    expect(button).to_have_attribute("aria-busy", "true")
    until(page, lambda: asked)
    page.unroute(AUDIO)
    sound(page, 60)
    asked[0].fallback()
    expect(button).to_have_attribute("aria-busy", "false")
    expect(page.get_by_role("region", name="Player")).to_contain_text(first)


def test_audio_that_fails_says_why_and_lets_the_listener_go_on(page: Page, site: Server) -> None:
    first = play(page, site, 60, lambda route: route.fulfill(status=404))
    player = page.get_by_role("region", name="Player")
    expect(player).to_contain_text("The audio is missing")
    button = player.get_by_role("button", name="Play", exact=True)
    expect(button).to_have_attribute("aria-busy", "false")
    expect(page.get_by_role("button", name=f"Play: {first}")).to_be_visible()
    page.unroute(AUDIO)
    sound(page, 60)
    press(player, "Try again")
    expect(player).to_contain_text("0:01 / 1:00")
    expect(player.get_by_role("button", name="Pause")).to_be_visible()
    expect(player.get_by_text("The audio is missing")).to_be_hidden()


def test_playback_resumes_where_it_stopped(page: Page, site: Server) -> None:
    first = play(page, site, 60)
    player = page.get_by_role("region", name="Player")
    expect(player.get_by_label("Position")).to_be_enabled()
    press(player, "Forward 30 seconds")
    expect(player).to_contain_text("0:30 / 1:00")
    press(player, "Pause")
    until(page, lambda: [one for one in stored(site) if one.get("progress", 0) >= 0.5])
    page.reload()
    press(page, f"Play: {first}")
    expect(page.get_by_role("region", name="Player")).to_contain_text("0:3")
    expect(page.locator("#player .time")).not_to_have_text("0:00 / 1:00")
    assert len(stored(site)) == 1


def test_history_has_one_row_an_episode_and_undo_restores_all_that_was_done_with_it(
    page: Page, site: Server
) -> None:
    first, second, third = visit(page, site)[:3]
    for title in (first, second, third):
        press(page, f"Like: {title}")
    press(page, f"Save: {second}")
    until(page, lambda: len(stored(site)) == 4)
    history = go(page, "history")
    expect(history.get_by_role("button", name="Play: ")).to_have_count(3)
    both = "Liked\u00a0· Saved"
    expect(history.get_by_role("listitem").filter(has_text=both)).to_have_count(1)
    before = history.get_by_role("listitem").all_inner_texts()
    assert [both in one for one in before] == [True, False, False]
    at = {one["id"]: one["timestamp"] for one in stored(site)}
    press(history, f"Remove: {second}")
    expect(history.get_by_role("button", name=f"Remove: {third}")).to_be_focused()
    until(page, lambda: len(stored(site)) == 2)
    press(page, "Undo")
    expect(history.get_by_role("listitem")).to_have_text(before, use_inner_text=True)
    until(page, lambda: len(stored(site)) == 4)
    assert {one["id"]: one["timestamp"] for one in stored(site)} == at
    page.reload()
    expect(history.get_by_role("listitem")).to_have_text(before, use_inner_text=True)


def test_a_long_history_is_shown_page_by_page(page: Page, site: Server) -> None:
    for number in range(60):
        engagement = {"episode_id": f"{number}", "type": "like", "episode_title": f"No. {number}"}
        assert site.call("POST", "/api/me/engagements", engagement, "guest-test").is_success
    visit(page, site)
    history = go(page, "history")
    rows = history.get_by_role("listitem")
    expect(rows).to_have_count(50)
    press(history, "Show more")
    expect(rows).to_have_count(60)
    expect(rows.nth(50).get_by_role("link")).to_be_focused()
    expect(history.get_by_role("button", name="Show more")).to_have_count(0)


def test_what_another_device_saved_has_the_cover_of_its_show(page: Page, site: Server) -> None:
    episode = site.create()["episodes"][0]
    visit(page, site)
    saved = go(page, "saved")
    site.engage("guest-test", episode_id=episode["id"], type="bookmark")
    page.reload()
    expect(saved.get_by_role("link")).to_have_text(episode["title"])
    shown = saved.locator(".art text").text_content()
    saved.get_by_role("link").click()
    expect(page.locator("#episode .hero .art text")).to_have_text(str(shown))


def test_saved_episodes_and_history_can_be_removed(page: Page, site: Server) -> None:
    first, second, third = visit(page, site)[:3]
    for name in (f"Save: {first}", f"Like: {second}", f"Save: {third}"):
        press(page, name)
    saved = go(page, "saved")
    expect(saved.get_by_role("listitem")).to_have_count(2)
    press(saved, f"Remove: {first}")
    expect(saved.get_by_role("listitem")).to_have_count(1)
    history = go(page, "history")
    expect(history.get_by_role("listitem")).to_have_count(2)
    press(history, f"Remove: {second}")
    expect(history.get_by_role("listitem")).to_have_count(1)
    until(page, lambda: [one["episode_title"] for one in stored(site)] == [third])
    press(history, "Reset")
    press(page.get_by_role("dialog"), "Cancel")
    expect(history.get_by_role("listitem")).to_have_count(1)
    press(history, "Reset")
    press(page.get_by_role("dialog"), "Reset")
    expect(history).to_contain_text("No history yet")
    until(page, lambda: stored(site) == [])


def test_all_data_is_deleted_with_a_receipt(page: Page, site: Server) -> None:
    first = visit(page, site)[0]
    press(page, f"Save: {first}")
    seen = "localStorage['earshot.seen.guest-test'] ?? '[]'"
    until(page, lambda: page.evaluate(seen) != "[]")
    before = page.evaluate(f"JSON.parse({seen})[0].at")
    you = go(page, "you")
    press(you, "Science", exact=True)
    until(page, lambda: kinds(site) == ["bookmark"])
    until(page, lambda: profile(site)["category_interests"])
    press(you, "Delete my data")
    press(page.get_by_role("dialog"), "Delete")
    receipt = you.locator(".receipt")
    expect(receipt).to_be_focused()
    expect(receipt).to_contain_text("One entry of your history is deleted.")
    expect(receipt).to_contain_text("Your interests, shows and mutes are deleted.")
    expect(receipt).not_to_contain_text("guest-test")
    assert stored(site) == []
    expect(go(page, "saved")).to_contain_text("Nothing saved yet")
    kept = page.evaluate("JSON.stringify(localStorage)")
    assert first not in kept
    assert before not in kept
    until(page, lambda: first not in page.evaluate(KEPT_CARDS))


def test_a_topic_is_muted_until_it_is_unmuted_and_all_data_can_be_taken_along(
    page: Page, site: Server
) -> None:
    first = visit(page, site)[0]
    press(page, f"Save: {first}")
    you = go(page, "you")
    you.get_by_label("Topic", exact=True).select_option("Science")
    press(you, "Mute", exact=True)
    expect(you.get_by_role("button", name="Unmute: Science")).to_be_visible()
    until(page, lambda: profile(site)["muted_categories"] == ["Science"])
    with page.expect_download() as download:
        press(you, "Download my data")
    document = json.loads(download.value.path().read_text())
    assert [one["episode_title"] for one in document["engagements"]] == [first]
    assert document["profile"]["muted_categories"] == ["Science"]
    press(you, "Unmute: Science")
    until(page, lambda: profile(site)["muted_categories"] == [])
    limit = {"type": "urn:earshot:problem:too-many-requests", "title": "Too many requests"}
    answers = [
        {"body": json.dumps(limit), "status": 429, "headers": {"Retry-After": "1800"}},
        {"body": '{"engagements": [{'},
    ]
    page.route("**/api/me/export", lambda route: route.fulfill(**answers.pop(0)))
    press(you, "Download my data")
    expect(page.locator("#toast")).to_contain_text("Too many requests. Try again in 30 min.")
    press(you, "Download my data")
    expect(page.locator("#toast")).to_contain_text("The answer could not be read.")
