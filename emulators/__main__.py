"""`python -m emulators`: the whole feed on emulated Firebase, until Ctrl-C.

Needs what requirements-dev.txt says, Java, and the Google Cloud SDK's Firestore emulator. All data
ends with it.
"""

import argparse
import signal
import sys
import time

try:
    from emulators.process import MissingError, StartError
    from emulators.stack import BUCKET, Ports, Stack
except ModuleNotFoundError as error:
    sys.exit(f"{error.name} is missing: make emulators, or install what requirements-dev.txt says")

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_S = 0.2


def main(arguments: list[str] | None = None) -> int:
    """Run until told to end. Returns 0 then, and 1 where something is missing or has ended."""
    options = _parser().parse_args(arguments)
    for number in ENDING:
        signal.signal(number, signal.default_int_handler)
    ports = Ports(options.port, options.firestore_port, options.storage_port)
    everything = Stack(ports, options.project, _say, options.build)
    try:
        _say("Starting the emulators, and building a catalog ...")
        everything.start()
        _say(_where(everything, ports))
        while not (ended := everything.ended()):
            time.sleep(LOOK_S)
        return _fail(f"{ended}\nEverything else was ended, too.")
    except (MissingError, StartError) as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return 0
    finally:
        for number in ENDING:  # nothing may keep us from ending what we started
            signal.signal(number, signal.SIG_IGN)
        everything.stop()


def _where(everything: Stack, ports: Ports) -> str:
    found = everything.environment
    exports = "\n".join(f"  export {name}={value}" for name, value in found.items())
    return f"""
Earshot is at http://localhost:{ports.page}/   (Ctrl-C ends it, and all its data)

  Firestore      {found["FIRESTORE_EMULATOR_HOST"]}, behind firestore.rules
  Project        {found["FIREBASE_PROJECT"]}
  Cloud Storage  {found["STORAGE_EMULATOR_HOST"]}, bucket {BUCKET}
  Pinecone       {found["PINECONE_HOST"]}, a stand-in, empty

For tools of your own:

{exports}
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="emulators", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="of the page and the API (8080)")
    parser.add_argument("--firestore-port", type=int, default=8085, metavar="PORT", help="(8085)")
    parser.add_argument("--storage-port", type=int, default=9199, metavar="PORT", help="(9199)")
    parser.add_argument(
        "--project", type=_project, default="demo-earshot", metavar="ID", help="(demo-earshot)"
    )
    parser.add_argument(
        "build", nargs="*", metavar="OPTION", help="after --, of `catalog_builder publish`"
    )
    return parser


def _project(text: str) -> str:
    if not text.startswith("demo-"):
        raise argparse.ArgumentTypeError(f"expected an id demo-…, got {text!r}")
    return text


def _say(text: str) -> None:
    print(text, flush=True)


def _fail(text: str) -> int:
    print(text, file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
