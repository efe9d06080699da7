"""`python -m adapters.firestore.schema FILE`: print what a deployment needs to know of a schema.

Each line has a word, and its values behind tabs: `database` and its name; `collection`, one that
Earshot writes; `trigger`, its name and the path of its documents; `preferences` and `nightly`, if a
build reads those of an app. Exit code 1 if the schema cannot be used, 2 for wrong arguments.
"""

import argparse
import sys
from collections.abc import Iterator

from adapters.firestore.schema.schema import Schema, SchemaError, read_schema
from adapters.firestore.schema.triggers import trigger_paths


def lines(schema: Schema) -> Iterator[tuple[str, ...]]:
    """Yield the words of each line."""
    yield "database", schema.database
    yield "collection", schema.earshot.documents
    yield "collection", schema.earshot.conversations
    yield "collection", schema.earshot.engagements
    for name, path in trigger_paths(schema).items():
        yield "trigger", name, path
    if schema.nightly_preferences:
        yield "preferences", "nightly"


def main(arguments: list[str] | None = None) -> int:
    """Print all lines, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="adapters.firestore.schema",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file")
    file = parser.parse_args(arguments).file
    try:
        for words in lines(read_schema(file)):
            print("\t".join(words))
    except SchemaError as error:
        print(f"{file}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
