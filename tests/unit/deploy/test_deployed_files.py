"""What deploy.sh generates: the page and its policy, Hosting's configuration, the indexes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from deploy.hosting import allowed, hosting, stage, widen
from deploy.indexes import merge
from deploy.quota import limit
from deploy.sites import choose

ROOT = Path(__file__).parents[3]
CONFIG = json.loads((ROOT / "firebase.json").read_text())["hosting"]
API = "https://feed.example.com/api"


def directives(policy: str) -> dict[str, list[str]]:
    return {name: values for name, *values in (part.split() for part in policy.split(";"))}


def header(config: dict[str, Any]) -> str:
    (policy,) = [
        one["value"]
        for group in config["headers"]
        for one in group["headers"]
        if one["key"] == "Content-Security-Policy"
    ]
    assert isinstance(policy, str)
    return policy


def generated(api: str = "", key: str = "") -> dict[str, Any]:
    return hosting(CONFIG, "my-site", "europe-west1", "copy", api, allowed(api, key))


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


def test_with_the_api_elsewhere_the_page_may_call_it_and_hosting_rewrites_nothing() -> None:
    config = generated(api=API)
    assert directives(header(config))["connect-src"][-1] == "https://feed.example.com"
    assert config["rewrites"] == []


def test_the_site_and_the_region_are_named() -> None:
    config = generated()
    assert (config["site"], config["public"]) == ("my-site", "copy")
    assert config["rewrites"][0]["run"] == {"serviceId": "create-session", "region": "europe-west1"}


def test_a_directive_that_a_policy_lacks_begins_as_its_default() -> None:
    policy = widen("default-src 'self'; object-src 'none'", {"frame-src": ["https://a.example"]})
    assert directives(policy)["frame-src"] == ["'self'", "https://a.example"]


def test_the_copy_has_its_settings_and_the_same_policy_in_every_page(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "old.js").touch()
    settings = {"api": API, "app_check_site_key": "6Lc"}
    stage(ROOT / "web", tmp_path / "copy", settings, allowed(API, "6Lc"))
    assert json.loads((tmp_path / "copy" / "config.json").read_text()) == settings
    assert not (tmp_path / "copy" / "old.js").exists()
    for page in (tmp_path / "copy").rglob("*.html"):
        for policy in re.findall(r'Content-Security-Policy" content="([^"]*)"', page.read_text()):
            assert "https://content-firebaseappcheck" in policy, page.name
            assert directives(policy)["connect-src"][-1] == "https://feed.example.com"
    assert (tmp_path / "copy" / "js" / "main.js").read_text() == (
        ROOT / "web" / "js" / "main.js"
    ).read_text()


def test_the_settings_of_the_page_are_never_kept_by_a_cache() -> None:
    (cached,) = [g for g in CONFIG["headers"] if "webmanifest" in g["source"]]
    assert "json" in re.split(r"[(|)]", cached["source"])


OURS = json.loads((ROOT / "firestore.indexes.json").read_text())
ASCENDING = {"order": "ASCENDING", "queryScope": "COLLECTION"}
DESCENDING = {"order": "DESCENDING", "queryScope": "COLLECTION"}
CONTAINS = {"arrayConfig": "CONTAINS", "queryScope": "COLLECTION"}
GROUP = {"order": "ASCENDING", "queryScope": "COLLECTION_GROUP"}


def override(path: str, *indexes: dict[str, str], **more: object) -> dict[str, Any]:
    return {
        "collectionGroup": "engagements",
        "fieldPath": path,
        "indexes": list(indexes),
        **more,
    }


def test_a_new_database_gets_what_is_needed_and_loses_no_default() -> None:
    spec, added = merge(OURS, {"indexes": [], "fieldOverrides": []})
    assert spec["fieldOverrides"] == [override("timestamp", ASCENDING, DESCENDING, CONTAINS)]
    assert len(added) == 3
    assert merge(OURS, spec) == (spec, [])


def test_nothing_that_is_deployed_is_removed_or_changed() -> None:
    composite = {
        "collectionGroup": "posts",
        "queryScope": "COLLECTION",
        "fields": [
            {"fieldPath": "at", "order": "ASCENDING"},
            {"fieldPath": "by", "order": "ASCENDING"},
        ],
    }
    theirs = [override("type", GROUP, ttl=True), override("timestamp", GROUP, ASCENDING, ttl=True)]
    spec, added = merge(OURS, {"indexes": [composite], "fieldOverrides": theirs})
    assert spec["indexes"] == [composite]
    assert spec["fieldOverrides"] == [
        theirs[0],
        override("timestamp", GROUP, ASCENDING, DESCENDING, ttl=True),
    ]
    assert added == ["+ engagements.timestamp: DESCENDING"]


def test_a_field_whose_indexes_were_switched_off_has_ours_again() -> None:
    spec, added = merge(OURS, {"indexes": [], "fieldOverrides": [override("timestamp")]})
    assert spec["fieldOverrides"] == [override("timestamp", ASCENDING, DESCENDING)]
    assert len(added) == 2


def test_a_composite_index_that_is_there_under_its_full_name_is_not_made_again() -> None:
    fields = [{"fieldPath": "a", "order": "ASCENDING"}, {"fieldPath": "b", "order": "DESCENDING"}]
    wanted = {"collectionGroup": "g", "queryScope": "COLLECTION", "fields": fields}
    name = {"fieldPath": "__name__", "order": "DESCENDING"}
    there = {**wanted, "fields": [*fields, name], "density": "SPARSE_ALL"}
    assert merge({"indexes": [wanted]}, {"indexes": [there]}) == (
        {"indexes": [there], "fieldOverrides": []},
        [],
    )
    assert merge({"indexes": [wanted]}, {})[0]["indexes"] == [wanted]


def site(name: str, kind: str = "USER_SITE") -> dict[str, str]:
    return {
        "name": f"projects/p/sites/{name}",
        "type": kind,
        "defaultUrl": f"https://{name}.web.app",
    }


@pytest.mark.parametrize(
    ("sites", "wanted", "chosen"),
    [
        ([], "", ("p", "https://p.web.app", "new")),
        ([site("p-a5c16", "DEFAULT_SITE")], "", ("p-a5c16", "https://p-a5c16.web.app", "there")),
        (
            [site("p"), site("z", "DEFAULT_SITE")],
            "",
            ("z", "https://z.web.app", "there"),
        ),
        ([site("shop")], "", ("p", "https://p.web.app", "new")),
        ([site("p")], "", ("p", "https://p.web.app", "there")),
        ([site("p", "DEFAULT_SITE"), site("x")], "x", ("x", "https://x.web.app", "there")),
        ([site("p", "DEFAULT_SITE")], "x", ("x", "https://x.web.app", "new")),
    ],
)
def test_the_site_is_the_one_asked_for_or_the_default_one_or_new(
    sites: list[dict[str, str]], wanted: str, chosen: tuple[str, str, str]
) -> None:
    assert choose(sites, wanted, "p") == chosen


def quota(*buckets: dict[str, Any]) -> dict[str, Any]:
    return {"metrics": [{"metric": "m", "consumerQuotaLimits": [{"quotaBuckets": list(buckets)}]}]}


def test_a_quota_is_the_regions_own_or_that_of_all_regions() -> None:
    answer = quota(
        {"effectiveLimit": "20000"},
        {"effectiveLimit": "-1", "dimensions": {"region": "us-central1"}},
    )
    assert limit(answer, "m", "us-central1") == -1
    assert limit(answer, "m", "europe-west1") == 20_000
    assert limit(answer, "other", "us-central1") is None
    assert limit({}, "m", "us-central1") is None
