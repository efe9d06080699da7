"""App Check as a page and a function meet it where Google is out of reach.

For the page: reCAPTCHA Enterprise's script and the exchange of its answer for a token, written from
cloud.google.com/recaptcha/docs and from firebase.google.com/docs/reference/appcheck. For the
function: a server of public keys, which its verifier asks instead of Google's.
"""

import json
import re
import time
from pathlib import Path
from typing import Any

import jwt
from playwright.sync_api import BrowserContext, Page, Route

from tests.support.google import Google
from tests.support.server import ROOT
from tests.support.tokens import KEYS

NUMBER = "123"
LIFETIME_S = 3600
SITE_KEY = "6LcKeyOfTheSite"
ANSWER = "an answer of reCAPTCHA"
OPEN = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
SCRIPT = f"""
const widgets = [];
window.grecaptcha = {{ enterprise: {{
  ready: (then) => then(),
  render(element, options) {{
    const {{ sitekey, size, callback }} = options;
    if (sitekey !== "{SITE_KEY}" || size !== "invisible" || !document.contains(
      typeof element === "string" ? document.getElementById(element) : element
    )) throw new Error("a widget that reCAPTCHA does not render");
    return widgets.push(callback) - 1;
  }},
  async execute(widget, {{ action }}) {{
    if (!(widget in widgets) || !/^[\\w/]+$/.test(action)) throw new Error("no such widget");
    widgets[widget]("{ANSWER}");
    return "{ANSWER}";
  }},
}} }};
"""


class AppCheck:
    """Stands in for reCAPTCHA Enterprise and for App Check's exchange."""

    def __init__(self, page: Page | BrowserContext, project: str = "demo-x") -> None:
        self.exchanged = 0
        self.refusing = False
        self.path = f"/v1/projects/{project}/apps/1:123:web:abc:exchangeRecaptchaEnterpriseToken"
        page.route(
            re.compile(r"https://www\.google\.com/recaptcha/enterprise\.js"),
            lambda route: route.fulfill(body=SCRIPT, content_type="text/javascript"),
        )
        page.route(re.compile(r"https://content-firebaseappcheck\."), self.exchange)

    def exchange(self, route: Route) -> None:
        request = route.request
        address = request.url.removeprefix("https://content-firebaseappcheck.googleapis.com")
        body: Any = request.post_data_json
        wrong = (
            request.method != "POST"
            or address != f"{self.path}?key=key"
            or body.get("recaptcha_enterprise_token") != ANSWER
        )
        if wrong or self.refusing:
            error = {"error": {"code": 403, "message": "App attestation failed."}}
            return route.fulfill(status=403, json=error, headers=OPEN)
        self.exchanged += 1
        answer = {"token": app_token(), "ttl": f"{LIFETIME_S}s"}
        return route.fulfill(json=answer, headers=OPEN)


def app_token() -> str:
    """A token of one of the project's apps."""
    now = int(time.time())
    claims = {
        "iss": f"https://firebaseappcheck.googleapis.com/{NUMBER}",
        "aud": [f"projects/{NUMBER}", "projects/demo-x"],
        "sub": "1:123:web:abc",
        "iat": now,
        "exp": now + LIFETIME_S,
    }
    return jwt.encode(claims, KEYS["monday"], "RS256", {"kid": "monday", "typ": "JWT"})


def key_server() -> Google:
    """Serves the public keys of the tests' own tokens."""
    google = Google()
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEYS["monday"].public_key()))
    google.body = json.dumps({"keys": [{**public, "kid": "monday", "alg": "RS256"}]}).encode()
    return google


def function(folder: Path, keys: Google) -> Path:
    """Write a `main.py` whose session function asks this server for App Check's keys."""
    folder.mkdir()
    folder.joinpath("main.py").write_text(
        f"""import sys
sys.path.insert(0, {str(ROOT)!r})
from functions.auth import google_keys
google_keys.APP_CHECK_URL = {keys.url!r}
from functions.create_session import create_session
"""
    )
    return folder
