"""Chooses a project's Hosting site from what the Hosting API lists."""

import argparse
import json
import sys
from typing import Any


def main() -> None:
    """Read the list from standard input; print the site's name and address, and "new" or "there".

    With --all, print the names of all sites instead.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", required=True)
    parser.add_argument("--site", default="", help="the name that was asked for")
    parser.add_argument("--all", action="store_true")
    chosen = parser.parse_args()
    sites = json.load(sys.stdin).get("sites", [])
    if chosen.all:
        print("\n".join(map(name_of, sites)))
    else:
        print("\t".join(choose(sites, chosen.site, chosen.project)))


def choose(sites: list[dict[str, Any]], wanted: str, project: str) -> tuple[str, str, str]:
    """The site's name, its address, and whether it is there or new.

    It is the one that was asked for, or the project's default site, whatever that is called. Where
    there is none yet, it is a new one: of that name, or of the project's.
    """
    found = {name_of(one): one for one in sites}
    defaults = [name for name, one in found.items() if one.get("type") == "DEFAULT_SITE"]
    name = wanted or next(iter(defaults), project)
    address = found.get(name, {}).get("defaultUrl") or f"https://{name}.web.app"
    return name, address, "there" if name in found else "new"


def name_of(site: dict[str, Any]) -> str:
    """The last part of `projects/PROJECT/sites/NAME`."""
    return str(site["name"]).rpartition("/")[2]


if __name__ == "__main__":
    main()
