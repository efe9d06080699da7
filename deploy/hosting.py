"""Copies the web app for one deployment and writes the firebase configuration that names the copy.

`config.json` in the copy tells the page the addresses of its API and the site key of App Check. The
Content-Security-Policy, in headers and pages, allows exactly what these need.
"""

import argparse
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Sources = Mapping[str, Sequence[str]]
"""Sources to add to a Content-Security-Policy, by directive."""

APP_CHECK: Sources = {
    "script-src": ("https://www.google.com/recaptcha/", "https://www.gstatic.com/recaptcha/"),
    "connect-src": ("https://content-firebaseappcheck.googleapis.com",),
    "frame-src": ("https://www.google.com/recaptcha/",),
}
"""Sources that App Check with reCAPTCHA Enterprise loads, calls and embeds."""

_META = re.compile(r'(http-equiv="Content-Security-Policy" content=")([^"]*)(")')


def main() -> None:
    """Writes the copy of the web app and the configuration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", required=True, help="name of the Hosting site")
    parser.add_argument("--region", required=True, help="region of create-session")
    parser.add_argument("--api", default="", help="address of the API (default: /api on the site)")
    parser.add_argument("--stream", default="", help="address of the API for streams")
    parser.add_argument("--app-check-site-key", default="", help="site key of reCAPTCHA Enterprise")
    parser.add_argument("--indexes", type=Path, help="file of the indexes to deploy")
    parser.add_argument("--database", help="name of the database (default: the default one)")
    parser.add_argument("--rules", type=Path, help="file of the rules to deploy")
    parser.add_argument("--public", type=Path, required=True, help="folder for the copy of web/")
    parser.add_argument(
        "--config", type=Path, required=True, help="file for the firebase configuration"
    )
    chosen = parser.parse_args()
    sources = extra_sources((chosen.api, chosen.stream), chosen.app_check_site_key)
    settings = {
        "api": chosen.api,
        "stream": chosen.stream,
        "app_check_site_key": chosen.app_check_site_key,
    }
    copy_site(Path("web"), chosen.public, {k: v for k, v in settings.items() if v}, sources)
    config = json.loads(Path("firebase.json").read_text())
    config["hosting"] = hosting_config(
        config["hosting"], chosen.site, chosen.region, str(chosen.public), chosen.api, sources
    )
    if chosen.indexes:
        config["firestore"]["indexes"] = str(chosen.indexes)
    if chosen.database:
        config["firestore"]["database"] = chosen.database
    if chosen.rules:
        config["firestore"]["rules"] = str(chosen.rules)
    chosen.config.write_text(json.dumps(config, indent=2) + "\n")


def extra_sources(addresses: Sequence[str], app_check_site_key: str) -> Sources:
    """Returns the sources that an API on other origins and App Check need; any may be empty."""
    found: dict[str, Sequence[str]] = dict(APP_CHECK) if app_check_site_key else {}
    for origin in dict.fromkeys(_origin(one) for one in addresses if one):
        found["connect-src"] = (*found.get("connect-src", ()), origin)
    return found


def extend_policy(policy: str, sources: Sources) -> str:
    """Returns the Content-Security-Policy with these sources added.

    A directive that the policy lacks starts with the sources of `default-src`.
    """
    parts = (part.split() for part in policy.split(";") if part.strip())
    directives = {name: values for name, *values in parts}
    for name, values in sources.items():
        present = directives.setdefault(name, list(directives.get("default-src", ["'self'"])))
        present += [value for value in values if value not in present]
    return "; ".join(" ".join([name, *values]) for name, values in directives.items())


def copy_site(web: Path, public: Path, settings: Mapping[str, str], sources: Sources) -> None:
    """Replaces `public` by a copy of the web app with its `config.json` and extended policies."""
    shutil.rmtree(public, ignore_errors=True)
    shutil.copytree(web, public)
    (public / "config.json").write_text(json.dumps(settings, indent=2) + "\n")
    for page in public.rglob("*.html"):
        text = page.read_text()
        page.write_text(_META.sub(lambda m: m[1] + extend_policy(m[2], sources) + m[3], text))


def hosting_config(
    config: Mapping[str, Any], site: str, region: str, public: str, api: str, sources: Sources
) -> dict[str, Any]:
    """Returns the `hosting` section of firebase.json for one deployment.

    Rewrites to functions name `region`. If `api` is an address elsewhere, they are left out, and
    shared episodes are redirected there.
    """
    rewrites = [
        {**rewrite, "run": {**rewrite["run"], "region": region}} if "run" in rewrite else rewrite
        for rewrite in config["rewrites"]
        if not (api and "run" in rewrite)
    ]
    headers = [
        {
            **group,
            "headers": [
                {**one, "value": extend_policy(one["value"], sources)}
                if one["key"] == "Content-Security-Policy"
                else one
                for one in group["headers"]
            ],
        }
        for group in config["headers"]
    ]
    site_config = {**config, "site": site, "public": public, "headers": headers}
    if api:
        shared = f"{_origin(api)}/episode/:id"
        redirect = {"source": "/episode/:id*", "destination": shared, "type": 302}
        site_config["redirects"] = [redirect]
    return {**site_config, "rewrites": rewrites}


def _origin(address: str) -> str:
    return "/".join(address.split("/")[:3])


if __name__ == "__main__":
    main()
