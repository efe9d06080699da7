"""`python -m operations.audience`: which users new episodes should be announced to, as files.

It ranks the episodes for each user as the user's feed does, in one pass over all summaries, and
writes a file for each episode where AUDIENCES says. It uses the same settings as the functions.
Running it again after it was stopped continues. Exit codes: 0 done; 1 nothing could be done, or the
run has to be continued; 2 wrong arguments.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from feed import cli
from feed.ports.errors import Unavailable
from functions.audience.finder import AudienceFinder
from functions.audience.output import user_hashes
from functions.audience.request import AudienceError, AudienceProgress
from functions.settings import SettingsError
from functions.wiring.audiences import wire_audiences
from operations.audience.options import parse
from operations.passes.cost import PRICED_ON, READ_PRICE
from operations.passes.store import store_name, store_settings

FAILED = 1
PROGRESS_EVERY_S = 10.0
"""where standard error is no terminal"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code; standard error says why it is not 0."""
    options = parse(arguments, __doc__ or "")
    try:
        settings = store_settings()
        finder = wire_audiences(settings)
        command = dry_run if options.dry_run else find
        return cli.run(lambda: command(finder, store_name(settings), options))
    except (SettingsError, AudienceError, Unavailable, OSError) as error:
        cli.report_error(f"failed: {error}")
        return FAILED


def dry_run(finder: AudienceFinder, store: str, options: argparse.Namespace) -> None:
    """Print how many documents a run reads, and what that costs."""
    reads = finder.pages.count_reads()
    print(
        f"{store}: about {reads:,} reads for all episodes together: "
        f"${reads * options.read_price / 100_000:.4f} at ${options.read_price:g} for 100,000 "
        f"(in the US ${READ_PRICE:g} on {PRICED_ON})"
    )


def find(finder: AudienceFinder, store: str, options: argparse.Namespace) -> None:
    """Find the audiences and print what was found."""
    left_out = user_hashes(path.read_bytes() for path in options.leave_out)
    with _progress_bar() as on_page:
        report = finder.find(options.request, left_out, on_page=on_page)
    print(
        f"{store}: {report.users:,} users, {report.left_out:,} left out, {report.reads:,} reads, "
        f"${report.reads * options.read_price / 100_000:.4f}; catalog {report.catalog_version}"
    )
    for episode_id, found in report.audiences.items():
        written = min(found, options.request.limit)
        print(f"{episode_id}: {found:,} users, {written:,} of them in {report.files[episode_id]}")


@contextmanager
def _progress_bar() -> Iterator[Callable[[AudienceProgress], None]]:
    """A context with a function that shows how many users are done."""
    is_terminal, printed_at = sys.stderr.isatty(), time.monotonic()
    with tqdm(desc="users", unit="", leave=False, delay=0.5, disable=not is_terminal) as bar:

        def show(progress: AudienceProgress) -> None:
            nonlocal printed_at
            bar.update(progress.users - bar.n)
            if not is_terminal and time.monotonic() - printed_at > PROGRESS_EVERY_S:
                printed_at = time.monotonic()
                print(f"users: {progress.users:,}", file=sys.stderr)

        yield show


if __name__ == "__main__":
    sys.exit(main())
