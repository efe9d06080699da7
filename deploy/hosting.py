"""Stages the web app for one deployment and writes the firebase configuration that names it.

`web/` is copied. `config.json` in it tells the page where its API is and with which key App Check
is asked. The Content-Security-Policy, in headers and pages, allows exactly what that takes.
"""

import argparse
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Sources = Mapping[str, Sequence[str]]
"""what each directive of a policy allows besides"""

APP_CHECK: Sources = {
    "script-src": ("https://www.google.com/recaptcha/", "https://www.gstatic.com/recaptcha/"),
    "connect-src": ("https://content-firebaseappcheck.googleapis.com",),
    "frame-src": ("https://www.google.com/recaptcha/",),
}
"""what App Check with reCAPTCHA Enterprise loads, asks and embeds"""

_META = re.compile(r'(http-equiv="Content-Security-Policy" content=")([^"]*)(")')


def main() -> None:
    """Write the configuration and the copy that it names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", required=True, help="the Hosting site")
    parser.add_argument("--region", required=True, help="where Hosting finds create-session")
    parser.add_argument("--api", default="", help="address of the API; none: the site's own /api")
    parser.add_argument("--app-check-site-key", default="", help="of reCAPTCHA Enterprise")
    parser.add_argument("--indexes", type=Path, help="the indexes to deploy")
    parser.add_argument("--public", type=Path, required=True, help="folder for the copy of web/")
    parser.add_argument("--config", type=Path, required=True, help="file for the configuration")
    chosen = parser.parse_args()
    sources = allowed(chosen.api, chosen.app_check_site_key)
    settings = {"api": chosen.api, "app_check_site_key": chosen.app_check_site_key}
    stage(Path("web"), chosen.public, {k: v for k, v in settings.items() if v}, sources)
    config = json.loads(Path("firebase.json").read_text())
    config["hosting"] = hosting(
        config["hosting"], chosen.site, chosen.region, str(chosen.public), chosen.api, sources
    )
    if chosen.indexes:
        config["firestore"]["indexes"] = str(chosen.indexes)
    chosen.config.write_text(json.dumps(config, indent=2) + "\n")


def allowed(api: str, app_check_site_key: str) -> Sources:
    """What the policy has to allow besides, for an API elsewhere and for App Check."""
    found: dict[str, Sequence[str]] = dict(APP_CHECK) if app_check_site_key else {}
    if api:
        origin = "/".join(api.split("/")[:3])
        found["connect-src"] = (*found.get("connect-src", ()), origin)
    return found


def widen(policy: str, sources: Sources) -> str:
    """The policy, with these sources allowed. A directive that it lacks begins as its default."""
    parts = (part.split() for part in policy.split(";") if part.strip())
    directives = {name: values for name, *values in parts}
    for name, values in sources.items():
        there = directives.setdefault(name, list(directives.get("default-src", ["'self'"])))
        there += [value for value in values if value not in there]
    return "; ".join(" ".join([name, *values]) for name, values in directives.items())


def stage(web: Path, public: Path, settings: Mapping[str, str], sources: Sources) -> None:
    """Copy the web app to `public`, which is emptied, with its `config.json` and wider policies."""
    shutil.rmtree(public, ignore_errors=True)
    shutil.copytree(web, public)
    (public / "config.json").write_text(json.dumps(settings, indent=2) + "\n")
    for page in public.rglob("*.html"):
        text = page.read_text()
        page.write_text(_META.sub(lambda m: m[1] + widen(m[2], sources) + m[3], text))


def hosting(
    config: Mapping[str, Any], site: str, region: str, public: str, api: str, sources: Sources
) -> dict[str, Any]:
    """Hosting's part of the configuration, without rewrites to an API that is elsewhere."""
    rewrites = [
        {**rewrite, "run": {**rewrite["run"], "region": region}} if "run" in rewrite else rewrite
        for rewrite in config["rewrites"]
        if not (api and "run" in rewrite)
    ]
    headers = [
        {
            **group,
            "headers": [
                {**one, "value": widen(one["value"], sources)}
                if one["key"] == "Content-Security-Policy"
                else one
                for one in group["headers"]
            ],
        }
        for group in config["headers"]
    ]
    return {
        **config,
        "site": site,
        "public": public,
        "rewrites": rewrites,
        "headers": headers,
    }


if __name__ == "__main__":
    main()
