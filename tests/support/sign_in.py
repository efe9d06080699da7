"""Firebase Auth's servers and its SDK, as a page meets them where Google is out of reach."""

import contextlib
import re
import shutil
import subprocess
import tarfile
import tempfile
import uuid
from pathlib import Path
from typing import Any

import jwt
import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.support.server import ROOT
from tests.support.tokens import claims, handmade


@pytest.fixture(scope="session")
def sdk() -> Path:
    """Firebase's SDK as Google's CDN serves it, from npm: the version that the page asks for."""
    if shutil.which("npm") is None:
        pytest.skip("no npm")
    source = (ROOT / "web/js/auth/firebase.js").read_text()
    (version,) = re.findall(r"firebasejs/([\d.]+)", source)
    folder = ROOT / ".earshot/npm" / f"firebase-{version}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as made:
            pack = ["npm", "pack", "--silent", f"firebase@{version}"]
            done = subprocess.run(pack, cwd=made, check=True, capture_output=True, text=True)
            with tarfile.open(Path(made, done.stdout.strip())) as packed:
                packed.extractall(made, filter="data")
            with contextlib.suppress(OSError):  # another worker was first
                Path(made, "package").rename(folder)
    return folder


class Google:
    """Stands in for Firebase Auth's servers: guests, and those who give an e-mail address."""

    def __init__(self, page: Page | BrowserContext, sdk: Path, project: str = "demo-x") -> None:
        self.project = project
        self.asked: list[str] = []
        self.users: dict[str, dict[str, Any]] = {}
        domain = f"{project}.firebaseapp.com"
        app = "1:123:web:abc"
        config = {"apiKey": "key", "projectId": project, "authDomain": domain, "appId": app}
        page.route("**/__/firebase/init.json", lambda route: route.fulfill(json=config))
        page.route(
            re.compile(r"https://www\.gstatic\.com/firebasejs/"),
            lambda route: route.fulfill(
                path=sdk / route.request.url.rsplit("/")[-1], content_type="text/javascript"
            ),
        )
        page.route(re.compile(r"https://(identitytoolkit|securetoken)\."), self.answer)

    def answer(self, route: Route) -> None:
        request = route.request
        call = request.url.split("?")[0].rsplit("/")[-1]
        body = request.post_data_json if "json" in request.headers["content-type"] else {}
        self.asked.append(call)
        if call == "accounts:lookup":
            uid = self.uid(body["idToken"])
            return route.fulfill(json={"users": [self.users[uid]]}, headers=self.open)
        if call == "token":
            (uid,) = re.findall(r"refresh_token=(\w+)", request.post_data or "")
            fresh = {"access_token": self.token(uid), "refresh_token": uid, "expires_in": "3600"}
            return route.fulfill(json=fresh, headers=self.open)
        if call == "accounts:signInWithPassword":
            return self.signed_in(route, self.owner(body["email"], uuid.uuid4().hex))
        assert call == "accounts:signUp", call
        uid = self.uid(body["idToken"]) if "idToken" in body else uuid.uuid4().hex
        if self.owner(body.get("email"), uid) != uid:
            taken = {"error": {"code": 400, "message": "EMAIL_EXISTS"}}
            return route.fulfill(status=400, json=taken, headers=self.open)
        user = self.users.setdefault(uid, {"localId": uid})
        if "email" in body:
            provider = {"providerId": "password", "federatedId": body["email"]}
            user.update(email=body["email"], providerUserInfo=[provider])
        return self.signed_in(route, uid)

    def owner(self, email: str | None, otherwise: str) -> str:
        """The uid that has this address."""
        users = self.users.values()
        owners = [str(one["localId"]) for one in users if email and one.get("email") == email]
        return owners[0] if owners else otherwise

    def signed_in(self, route: Route, uid: str) -> None:
        signed = {"idToken": self.token(uid), "refreshToken": uid, "expiresIn": "3600"}
        return route.fulfill(json={**signed, "localId": uid}, headers=self.open)

    open = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}  # noqa: RUF012

    def token(self, uid: str) -> str:
        mine = claims(self.project, sub=uid, user_id=uid)
        return handmade({"alg": "none", "typ": "JWT"}, mine)

    def uid(self, token: str) -> str:
        uid: str = jwt.decode(token, options={"verify_signature": False})["sub"]
        return next(one for one in self.users if one == uid)
