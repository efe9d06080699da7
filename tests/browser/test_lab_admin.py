"""The Lab where users are known by tokens, as on Firebase Hosting.

Firebase's SDK, which comes from Google, is two stand-in modules here; the API's side is real.
"""

import json

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.server import Server
from tests.support.tokens import unsigned

SDK = "https://www.gstatic.com/firebasejs/**"


def sign_in(page: Page, token: str | None, fresh: str = "") -> None:
    """Have Firebase say who is signed in: by this token, and by `fresh` once it is asked anew."""
    tokens = f"async (anew) => anew ? {json.dumps(fresh or token)} : {json.dumps(token)}"
    user = f"{{uid: 'lab', getIdToken: {tokens}}}" if token else "null"
    modules = {
        "firebase-app.js": "export const initializeApp = (config) => config;",
        "firebase-auth.js": "export const getAuth = () => "
        f"({{currentUser: {user}, authStateReady: async () => {{}}}});"
        "export const signInAnonymously = async () => {}, onAuthStateChanged = () => {};",
    }

    def serve(route: Route) -> None:
        headers = {"Access-Control-Allow-Origin": "*"}
        body = modules[route.request.url.rpartition("/")[2]]
        route.fulfill(body=body, content_type="text/javascript", headers=headers)

    page.route(SDK, serve)
    page.route("**/__/firebase/init.json", lambda route: route.fulfill(json={"apiKey": "key"}))


@pytest.mark.parametrize("token", [None, unsigned()], ids=["nobody", "a listener"])
def test_a_user_who_is_not_an_admin_is_told_how_to_become_one(
    page: Page, hosted: Server, token: str | None
) -> None:
    sign_in(page, token)
    page.goto(f"{hosted.url}/lab.html")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("only admins may call this")
    expect(alert).to_contain_text("the custom claim admin: true")
    expect(page.locator(".queue li")).to_have_count(0)


def test_a_new_claim_counts_before_the_token_expires(page: Page, hosted: Server) -> None:
    sign_in(page, unsigned(), fresh=unsigned(admin=True))
    page.goto(f"{hosted.url}/lab.html")
    expect(page.locator(".queue li")).to_have_count(100)


def test_an_admin_starts_with_an_empty_history_or_the_stored_one(
    page: Page, hosted: Server
) -> None:
    token = unsigned(admin=True)
    liked = hosted.create(stored=False)["episodes"][0]
    recorded = hosted.client.post(
        "/api/me/engagements",
        json={"episode_id": liked["id"], "type": "like"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert recorded.status_code == 201
    sign_in(page, token)
    page.goto(f"{hosted.url}/lab.html")
    left = page.get_by_role("region", name="Left", exact=True)
    expect(left).to_contain_text("nothing is known")
    page.get_by_label("Take the history of").select_option("me")
    expect(page.get_by_role("row", name=liked["title"])).to_be_visible()
    expect(left).to_contain_text("1 engagement in the user vector")
