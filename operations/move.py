"""`python -m operations.move`: move users' data of an earlier version to where they are now.

Profiles were fields of `users/{uid}`, summaries were `users/{uid}/summaries/engagement`. Run it
once the new version is deployed; running it again moves what is left, and nothing twice. It uses
the same settings as the functions. Exit codes: 0 all is moved; 1 something is left, or Firestore
cannot be reached; 2 wrong arguments.
"""

import argparse
import asyncio
import os
import sys

from adapters.firestore.move import move
from adapters.firestore.schema.schema import SchemaError, read_schema
from feed.ports.errors import Unavailable
from functions.settings import CLOUD_STORE, SettingsError, read_settings


def main(arguments: list[str] | None = None) -> int:
    """Move everything, print how much it was, and return the exit code."""
    argparse.ArgumentParser(
        prog="operations.move",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    ).parse_args(arguments)
    try:
        settings = read_settings(os.environ)
        schema = read_schema(settings.SCHEMA)
        if settings.STORE != CLOUD_STORE:
            raise SettingsError(f"STORE: expected {CLOUD_STORE}, got {settings.STORE}")
        moved = asyncio.run(move(settings.FIREBASE_PROJECT or None, schema))
    except (SettingsError, SchemaError, Unavailable) as error:
        print(f"nothing more was moved: {error}", file=sys.stderr)
        return 1
    print(
        f"{moved.profiles:,} profiles and {moved.summaries:,} summaries moved, {moved.left:,} left"
    )
    return int(moved.left > 0)


if __name__ == "__main__":
    sys.exit(main())
