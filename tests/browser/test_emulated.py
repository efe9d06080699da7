"""The page on emulated Firebase: the real Firestore emulator, its events, the real trigger."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.cloud import Cloud, Start
from tests.support.page import go, press, problems_of, refresh, until, visit
from tests.support.server import ROOT
from tests.support.sign_in import Google


def test_a_saved_episode_changes_the_next_session_and_reaches_the_summary_once(
    page: Page, cloud: Cloud, start_server: Start, sdk: Path
) -> None:
    site = start_server(**{**cloud.feed.settings, "WEB": str(ROOT / "web")})
    google = Google(page, sdk, cloud.project)
    problems = problems_of(page)
    first = visit(page, site)[0]
    (uid,) = google.users
    press(page, f"Save: {first}")
    assert first not in refresh(page)
    until(page, lambda: cloud.create(uid)["user_vector_episodes"] == 1)
    page.reload()
    expect(go(page, "saved")).to_contain_text(first)
    press(page, f"Remove: {first}")
    until(page, lambda: cloud.create(uid)["user_vector_episodes"] == 0)
    assert problems == []
