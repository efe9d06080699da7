"""A document read in a process of its own, which has a limit of time and memory.

A thread cannot be stopped, and what keeps a parser busy or brings it down must not stop a build.
"""

import contextlib
import json
import signal
import subprocess
import sys
from typing import Any

from adapters.rss.document import Feed, Listing, NotAFeedError, read

PARSE_CPU_S = 60
"""Of a processor, so that a busy machine refuses no feed."""
PARSE_TIMEOUT_S = 300.0
PARSE_MEMORY_BYTES = 2 * 2**30

_CHILD = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    "from adapters.rss.parse import serve; serve()"
)


def parse(body: bytes, feed_url: str, **options: Any) -> Feed | Listing:
    """Read a document; takes the options of `rss_document.read`. Raises `NotAFeedError`."""
    command = [sys.executable, "-c", _CHILD, json.dumps(sys.path)]
    # The URL goes the same way as the feed: anybody may read a process's arguments.
    question = {"cpu_s": PARSE_CPU_S, "options": {"feed_url": feed_url, **options}}
    sent = json.dumps(question).encode() + b"\n" + body
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
    return Feed(**answer) if "entries" in answer else Listing(**answer)


def serve() -> None:
    """Run the child: its limit and options as a line of JSON, then the document; answers JSON."""
    line, _, body = sys.stdin.buffer.read().partition(b"\n")
    question = json.loads(line)
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system has limits
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (PARSE_MEMORY_BYTES, PARSE_MEMORY_BYTES))
        # Below the hard limit the signal says why the process ends.
        resource.setrlimit(resource.RLIMIT_CPU, (question["cpu_s"], question["cpu_s"] + 5))
    try:
        answer: dict[str, Any] = read(body, **question["options"])._asdict()
    except NotAFeedError as error:
        answer = {"error": str(error)}
    except Exception as error:  # noqa: BLE001  whatever a hostile feed makes a parser raise
        answer = {"error": f"could not be parsed ({type(error).__name__})"}
    sys.stdout.write(json.dumps(answer))
