"""The copy of the page, its policy, and the configuration of Hosting."""

import json
import re
from pathlib import Path
from typing import Any

from deploy.hosting import copy_site, extend_policy, extra_sources, hosting_config

ROOT = Path(__file__).parents[3]
CONFIG = json.loads((ROOT / "firebase.json").read_text())["hosting"]
API = "https://feed.example.com/api"


def directives(policy: str) -> dict[str, list[str]]:
    return {name: values for name, *values in (part.split() for part in policy.split(";"))}


def header(config: dict[str, Any]) -> str:
    headers = [one for group in config["headers"] for one in group["headers"]]
    (policy,) = [one["value"] for one in headers if one["key"] == "Content-Security-Policy"]
    assert isinstance(policy, str)
    return policy


def generated(api: str = "", key: str = "") -> dict[str, Any]:
    return hosting_config(CONFIG, "my-site", "europe-west1", "copy", api, extra_sources([api], key))


def test_without_app_check_and_balancer_the_policy_is_the_shipped_one() -> None:
    assert header(generated()) == header(CONFIG)


def test_app_check_adds_to_the_policy_exactly_what_it_needs() -> None:
    before, after = directives(header(CONFIG)), directives(header(generated(key="6Lc")))
    added = {name: [v for v in after[name] if v not in before.get(name, [])] for name in after}
    assert {name: values for name, values in added.items() if values} == {
        "script-src": ["https://www.google.com/recaptcha/", "https://www.gstatic.com/recaptcha/"],
        "connect-src": ["https://content-firebaseappcheck.googleapis.com"],
        "frame-src": ["https://www.google.com/recaptcha/"],
    }
    assert all(values[: len(before[name])] == before[name] for name, values in after.items())


def test_the_function_answers_the_api_and_the_pages_of_shared_episodes() -> None:
    functions = {one["source"]: one["run"]["region"] for one in generated()["rewrites"]}
    assert functions == {"/api/**": "europe-west1", "/episode/**": "europe-west1"}
    assert "redirects" not in generated()


def test_with_the_api_elsewhere_the_page_may_call_it_and_hosting_rewrites_nothing() -> None:
    config = generated(api=API)
    assert directives(header(config))["connect-src"][-1] == "https://feed.example.com"
    assert config["rewrites"] == []
    (shared,) = config["redirects"]
    assert shared["destination"] == "https://feed.example.com/episode/:id"


def test_a_directive_that_a_policy_lacks_begins_as_its_default() -> None:
    more = {"frame-src": ["https://a.example"]}
    policy = extend_policy("default-src 'self'; object-src 'none'", more)
    assert directives(policy)["frame-src"] == ["'self'", "https://a.example"]


def test_the_copy_has_its_settings_and_the_same_policy_in_every_page(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "old.js").touch()
    settings = {"api": API, "app_check_site_key": "6Lc"}
    copy_site(ROOT / "web", tmp_path / "copy", settings, extra_sources([API], "6Lc"))
    assert json.loads((tmp_path / "copy" / "config.json").read_text()) == settings
    assert not (tmp_path / "copy" / "old.js").exists()
    for page in (tmp_path / "copy").rglob("*.html"):
        for policy in re.findall(r'Content-Security-Policy" content="([^"]*)"', page.read_text()):
            assert "https://content-firebaseappcheck" in policy, page.name
            assert directives(policy)["connect-src"][-1] == "https://feed.example.com"
    script, copied = (folder / "js/main.js" for folder in (ROOT / "web", tmp_path / "copy"))
    assert copied.read_text() == script.read_text()


def test_the_settings_of_the_page_are_never_kept_by_a_cache() -> None:
    (cached,) = [g for g in CONFIG["headers"] if "webmanifest" in g["source"]]
    assert "json" in re.split(r"[(|)]", cached["source"])
