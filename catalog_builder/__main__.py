"""`python -m catalog_builder`: builds catalogs, publishes them and manages published versions."""

import sys
import traceback

from catalog_builder.errors import CommandError
from catalog_builder.options import parse_options
from feed import cli
from feed.ports.errors import Conflict, Damaged, NotFound, Unavailable


def main(arguments: list[str] | None = None) -> int:
    """Runs one command. Returns 0, or 1 after an error, which standard error explains."""
    options = parse_options(arguments)
    try:
        return cli.run(lambda: options.run(options))
    except (CommandError, Unavailable, Damaged, NotFound, Conflict, OSError) as error:
        kind = "refused" if isinstance(error, CommandError) else "failed"
        cli.report_error(f"{kind}: {error}")
        return 1
    except Exception as error:
        if sys.stderr.isatty():
            raise
        trace = "".join(traceback.format_exception(error))
        cli.report_error(f"failed: {type(error).__name__}: {error}", stack_trace=trace)
        return 1


if __name__ == "__main__":
    sys.exit(main())
