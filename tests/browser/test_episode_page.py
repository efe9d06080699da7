"""The page of an episode: what it says, where it leads, and that it opens on any device."""

from collections.abc import Callable
from pathlib import Path

import msgspec
from playwright.sync_api import Page, Route, expect

from adapters.folder.shelf import FolderShelf
from feed.model.transcript import Chapter, Transcript, TranscriptPart
from tests.support.catalogs import episodes
from tests.support.notes import publish_notes
from tests.support.page import menu, press, problems_of, until, visit
from tests.support.server import Server

NOTES = """<h2>In it</h2><p>See <a href="https://a.example/?a=1&amp;b=2">the paper at 00:30</a>.</p>
<ul><li>12:34 What came of it</li><li>Doors open at 7:30 pm</li><li>1:02:03 the end</li></ul>""" + (
    "<p>It goes on and on, and nobody reads it all at once.</p>" * 30
)
COURSE = Transcript(
    [Chapter(0, "Opening"), Chapter(600, "<b>Rye</b>"), Chapter(900, "")],
    [TranscriptPart(f"Part {n} of what is said.", 60.0 * n, "Ada") for n in range(30)],
)


def test_times_in_notes_chapters_and_transcript_lead_into_the_audio(
    page: Page, start_site: Callable[[], Server], tmp_path: Path
) -> None:
    some = [msgspec.structs.replace(one, duration_s=1800.0) for one in episodes(12)]
    audio = f"/demo-audio/{some[0].id}.wav"
    people = ["Ada Lovelace", {"name": "Grace / Hopper", "role": "guest"}, None]
    chapters = "https://a.example/chapters.json"
    some[0] = msgspec.structs.replace(
        some[0], audio_url=audio, people=people, chapters_url=chapters
    )
    notes: list[str | None] = [NOTES, *[None] * 11]
    publish_notes(FolderShelf(tmp_path / "shelf"), notes, some, {0: COURSE})
    problems = problems_of(page)
    page.goto(f"{start_site().url}/episode/{some[0].id}")  # what is shared
    shown = page.locator("#episode")
    expect(page.get_by_role("heading", level=1, name=some[0].title)).to_be_visible()
    expect(shown.locator(".notes")).to_be_visible()
    links = {one.inner_text(): one.get_attribute("href") for one in shown.locator("a").all()}
    assert links["the paper at 00:30"] == "https://a.example/?a=1&b=2"
    assert links["Grace / Hopper"] == "#/person/Grace%20%2F%20Hopper"
    times = shown.locator(".notes button")
    expect(times).to_have_text(["12:34"])
    expect(shown.locator(".course li")).to_have_text(
        ["0:00Opening", "10:00<b>Rye</b>", "15:00Chapter 3"]
    )
    times.click()
    expect(shown.locator(".course [aria-current]")).to_contain_text("<b>Rye</b>")
    expect(shown.get_by_role("button", name=f"Pause: {some[0].title}")).to_have_text("Pause")
    expect(shown.locator(".facts").first).to_contain_text("17 min left")
    shown.get_by_text("Transcript").click()
    expect(shown.locator("details [aria-current]")).to_contain_text("Part 12 of what is said.")
    press(shown, "Read on")
    expect(shown.locator(".notes")).to_be_focused()
    page.evaluate(f"location.hash = '#/episode/{some[1].id}'")
    save = shown.get_by_role(
        "button", name=f"Save: {some[1].title}"
    )  # it has nothing to play or open
    expect(save).to_have_text("Save")
    save.click()
    expect(shown.get_by_role("button", name=f"Saved: {some[1].title}")).to_be_visible()
    expect(shown.get_by_role("link", name="To the feed")).to_be_visible()
    assert problems == [], "also of an episode without notes and transcript"


def test_an_unknown_episode_leads_on_and_more_like_one_is_on_its_page(
    page: Page, site: Server
) -> None:
    page.goto(f"{site.url}/#/episode/gone%2Fid")
    expect(page.locator("#episode")).to_contain_text("This episode has left the catalog")
    page.get_by_role("link", name="To the feed").click()
    expect(page.locator("#view-feed")).to_be_visible()
    first, second = visit(page, site)[:2]
    menu(page, first, "More like this")
    expect(page.locator("#episode .row-item").first).to_be_in_viewport()
    expect(page.get_by_role("heading", level=1, name=first)).to_be_focused()
    expect(page.locator("#episode summary.reason")).to_contain_text("Why this?")
    page.go_back()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/episodes/*", hold, times=1)
    menu(page, second, "More like this")
    like = page.locator("#episode").get_by_role("button", name=f"Like: {second}")
    like.focus()
    until(page, lambda: held)
    held[0].fulfill(json={**held[0].fetch().json(), "entities": ["Ada"], "new": True})
    expect(page.get_by_role("link", name="Ada", exact=True)).to_be_visible()  # drawn again
    expect(like).to_be_focused()
