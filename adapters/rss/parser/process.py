"""Parses a document in a child process with limits of time and memory.

A hostile document can keep a parser busy or crash it, and a thread cannot be stopped.
"""

import contextlib
import json
import signal
import subprocess
import sys
from typing import Any

from adapters.rss.parser.document import Feed, FeedList, NotAFeedError, parse_document

PARSE_CPU_S = 60
"""processor time, so that a busy machine rejects no feed"""
PARSE_TIMEOUT_S = 300.0
PARSE_MEMORY_BYTES = 2 * 2**30

_CHILD = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    "from adapters.rss.parser.process import run_child; run_child()"
)


def parse_in_process(body: bytes, feed_url: str, **options: Any) -> Feed | FeedList:
    """The feed or list in a document. Arguments and errors are those of `parse_document`.

    Raises `NotAFeedError` also when the child process exceeds a limit or crashes.
    """
    command = [sys.executable, "-c", _CHILD, json.dumps(sys.path)]
    # By standard input: a URL may be secret, and every user can list the arguments of a process.
    request = {"cpu_s": PARSE_CPU_S, "options": {"feed_url": feed_url, **options}}
    sent = json.dumps(request).encode() + b"\n" + body
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter and code
            command, input=sent, capture_output=True, timeout=PARSE_TIMEOUT_S, check=True
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise NotAFeedError(f"could not be parsed within {PARSE_TIMEOUT_S:g} s") from None
    except subprocess.CalledProcessError as error:
        if error.returncode == -signal.SIGXCPU:
            raise NotAFeedError(f"could not be parsed in {PARSE_CPU_S} s of a processor") from None
        raise NotAFeedError("could not be parsed (the process ended)") from error
    except (OSError, ValueError) as error:
        raise NotAFeedError(f"could not be parsed ({type(error).__name__})") from error
    if "error" in answer:
        raise NotAFeedError(answer["error"])
    return Feed(**answer) if "entries" in answer else FeedList(**answer)


def run_child() -> None:
    """Run the child process: reads options (a line of JSON) and the document, writes JSON."""
    line, _, body = sys.stdin.buffer.read().partition(b"\n")
    request = json.loads(line)
    with contextlib.suppress(
        ImportError, ValueError, OSError
    ):  # not every system has resource limits
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (PARSE_MEMORY_BYTES, PARSE_MEMORY_BYTES))
        # The signal of the soft limit tells the parent why the process ended.
        resource.setrlimit(resource.RLIMIT_CPU, (request["cpu_s"], request["cpu_s"] + 5))
    try:
        answer: dict[str, Any] = parse_document(body, **request["options"])._asdict()
    except NotAFeedError as error:
        answer = {"error": str(error)}
    except Exception as error:  # noqa: BLE001  a hostile feed may make a parser raise anything
        answer = {"error": f"could not be parsed ({type(error).__name__})"}
    sys.stdout.write(json.dumps(answer))
