"""`python -m operations.doctor`: check a project, and suggest a remedy for each problem.

It uses the same settings as the functions. Exit codes: 0 no check fails; 1 one fails; 2 wrong
arguments.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

import msgspec

from feed import cli
from functions.serving.service import Service
from functions.settings import Settings, SettingsError, read_settings
from functions.wiring.service import wire
from functions.wiring.stores import wire_shelf
from operations.doctor import project, remote
from operations.doctor.finding import Finding, fail, ok

if TYPE_CHECKING:
    from feed.catalog.catalog import Catalog


def main(arguments: list[str] | None = None) -> int:
    """Run every check and print its finding. Returns the exit code: 1 if a check fails."""
    options = _parser().parse_args(arguments)
    failed, out = False, sys.stdout

    async def check() -> None:
        nonlocal failed
        async for finding in findings(options):
            failed |= finding.status == "fail"
            line = msgspec.json.encode(finding).decode() if options.json else str(finding)
            print(line, file=out, flush=True)

    with redirect_stdout(sys.stderr):  # keep the log of the functions off the findings
        return cli.run(lambda: asyncio.run(check())) or int(failed)


async def findings(options: argparse.Namespace) -> AsyncIterator[Finding]:
    """Yield the finding of every check, in order; errors become findings."""
    try:
        settings = read_settings(os.environ)
        service = wire(settings)
    except SettingsError as error:
        yield fail("settings", str(error), "docs/settings.md")
    else:
        yield ok("settings", f"STORE={settings.STORE}, SHELF={settings.SHELF}")
        async for finding in _project_findings(options, settings, service):
            yield finding
    if options.url:
        for finding in remote.api(options.url, options.max_age_hours):
            yield finding
    if options.publish_url:
        yield remote.private(options.publish_url)


async def _project_findings(
    options: argparse.Namespace, settings: Settings, service: Service
) -> AsyncIterator[Finding]:
    for finding in project.cloud(settings):
        yield finding
    catalogs: list[Catalog] = []
    for finding in project.shelf(
        settings, wire_shelf(settings), service.now_us(), options.max_age_hours, catalogs
    ):
        yield finding
    async for finding in project.store(settings, service.store, write=options.write):
        yield finding
    yield await project.identity(settings)
    if service.external_search and catalogs:
        state = await service.external_search.health(catalogs[0].dimension)
        if state == "ok":
            yield ok("search", f"{settings.PINECONE_HOST} answers")
        else:
            remedy = "PINECONE_HOST, PINECONE_API_KEY and the index's dimension: docs/settings.md"
            yield fail("search", f"{settings.PINECONE_HOST}: {state}", remedy)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="operations.doctor",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--url", metavar="URL", help="also check the API at this address")
    parser.add_argument(
        "--publish-url", metavar="URL", help="also check that publish-catalog is private"
    )
    parser.add_argument(
        "--write", action="store_true", help="also write an engagement, and remove it"
    )
    parser.add_argument(
        "--max-age-hours",
        type=float,
        default=26.0,
        metavar="HOURS",
        help="warn if the catalog is older (default: 26)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object for each finding"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
