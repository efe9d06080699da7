"""`python -m emulators`: runs the whole feed on emulated Firebase until Ctrl-C.

Needs the packages of requirements-dev.txt, Java, and the Firestore emulator of Google's Cloud SDK.
All data is gone when it ends.
"""

import argparse
import signal
import sys
import time
from pathlib import Path

try:
    from emulators.process import MissingError, StartError
    from emulators.stack import BUCKET, ROOT, Ports, Stack
except ModuleNotFoundError as error:
    sys.exit(f"{error.name} is missing: run make emulators, or install requirements-dev.txt")

END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL_S = 0.2


def main(arguments: list[str] | None = None) -> int:
    """Runs until a signal ends it. Returns 0 then, and 1 if a part is missing or has ended."""
    options = _parser().parse_args(arguments)
    for number in END_SIGNALS:
        signal.signal(number, signal.default_int_handler)
    ports = Ports(options.port, options.firestore_port, options.storage_port)
    places = {"rules": options.rules, "seed": options.seed}
    stack = Stack(ports, options.project, _say, options.build, **places)
    try:
        _say("Starting the emulators, and building a catalog ...")
        stack.start()
        _say(_addresses(stack, ports))
        while not (ended := stack.ended()):
            time.sleep(POLL_S)
        return _fail(f"{ended}\nAll other parts were stopped.")
    except (MissingError, StartError) as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return 0
    finally:
        for number in END_SIGNALS:  # a second signal must not interrupt the cleanup
            signal.signal(number, signal.SIG_IGN)
        stack.stop()


def _addresses(stack: Stack, ports: Ports) -> str:
    found = stack.environment
    exports = "\n".join(f"  export {name}={value}" for name, value in found.items())
    return f"""
Earshot is at http://localhost:{ports.page}/   (Ctrl-C ends it, and all its data)

  Firestore      {found["FIRESTORE_EMULATOR_HOST"]}, behind its rules
  Project        {found["FIREBASE_PROJECT"]}
  Cloud Storage  {found["STORAGE_EMULATOR_HOST"]}, bucket {BUCKET}
  Pinecone       {found["PINECONE_HOST"]}, emulated, empty
  Vertex AI      {found["MODEL_URL"]}, emulated: it repeats what it is told

For other programs:

{exports}
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="emulators", description=__doc__)
    for name, port, what in (
        ("--port", 8080, "the page and the API"),
        ("--firestore-port", 8085, "Firestore"),
        ("--storage-port", 9199, "Cloud Storage"),
    ):
        about = f"port of {what} (default: {port})"
        parser.add_argument(name, type=int, default=port, metavar="PORT", help=about)
    default = "demo-earshot"
    about = f"project id (default: {default})"
    parser.add_argument("--project", type=_project, default=default, metavar="ID", help=about)
    parser.add_argument(
        "--rules",
        type=Path,
        default=ROOT / "firestore.rules",
        metavar="FILE",
        help="rules of the database (default: firestore.rules)",
    )
    parser.add_argument(
        "--seed",
        default="",
        metavar="COMMAND",
        help="a command that writes to Firestore before the catalog is built",
    )
    parser.add_argument(
        "build", nargs="*", metavar="OPTION", help="after --: options of `catalog_builder publish`"
    )
    return parser


def _project(text: str) -> str:
    if not text.startswith("demo-"):
        raise argparse.ArgumentTypeError(f"expected an id that begins with demo-, got {text!r}")
    return text


def _say(text: str) -> None:
    print(text, flush=True)


def _fail(text: str) -> int:
    print(text, file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
