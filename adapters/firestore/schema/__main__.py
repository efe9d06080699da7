"""`python -m adapters.firestore.schema WHAT FILE`: print what a deployment needs to know.

WHAT is `triggers`, a line for each with its name and the path of its documents; `collections`,
those that Earshot writes; or `database`, its name.
Exit code 1 if the schema cannot be used, 2 for wrong arguments.
"""

import argparse
import sys
from collections.abc import Callable

from adapters.firestore.schema.schema import Schema, SchemaError, read_schema
from adapters.firestore.schema.triggers import trigger_paths

WHAT: dict[str, Callable[[Schema], str]] = {
    "triggers": lambda schema: "\n".join(f"{n}\t{p}" for n, p in trigger_paths(schema).items()),
    "collections": lambda schema: f"{schema.earshot.documents}\n{schema.earshot.engagements}",
    "database": lambda schema: schema.database,
}


def main(arguments: list[str] | None = None) -> int:
    """Print one answer, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="adapters.firestore.schema",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=WHAT)
    parser.add_argument("file")
    options = parser.parse_args(arguments)
    try:
        schema: Schema = read_schema(options.file)
    except SchemaError as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 1
    print(WHAT[options.what](schema))
    return 0


if __name__ == "__main__":
    sys.exit(main())
