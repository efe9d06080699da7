"""Chooses a project's Hosting site from the list of the Hosting API."""

import argparse
import json
import sys
from typing import Any


def main() -> None:
    """Reads the list from standard input; prints the site's name, address, and "new" or "there".

    With --all it prints the names of all sites instead.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", required=True)
    parser.add_argument(
        "--site", default="", help="name of the site (default: the project's default site)"
    )
    parser.add_argument("--all", action="store_true")
    chosen = parser.parse_args()
    sites = json.load(sys.stdin).get("sites", [])
    if chosen.all:
        print("\n".join(map(site_name, sites)))
    else:
        print("\t".join(choose_site(sites, chosen.site, chosen.project)))


def choose_site(sites: list[dict[str, Any]], wanted: str, project: str) -> tuple[str, str, str]:
    """Returns the name and address of the site to deploy to, and "there" or "new".

    That is the `wanted` site, or without a name the default site of the project, whatever its name.
    If it does not exist, it is a new site with the wanted name or that of the project.
    """
    found = {site_name(one): one for one in sites}
    defaults = [name for name, one in found.items() if one.get("type") == "DEFAULT_SITE"]
    name = wanted or next(iter(defaults), project)
    address = found.get(name, {}).get("defaultUrl") or f"https://{name}.web.app"
    return name, address, "there" if name in found else "new"


def site_name(site: dict[str, Any]) -> str:
    """Returns NAME of a site `projects/PROJECT/sites/NAME`."""
    return str(site["name"]).rpartition("/")[2]


if __name__ == "__main__":
    main()
