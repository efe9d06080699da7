"""Writes `sessions.json`: run it only to accept a change of ranking, and say why in the commit.

`python -m tests.golden.make_golden`
"""

from pathlib import Path

import msgspec

from tests.golden.test_golden import CASES, FILE, queue

if __name__ == "__main__":
    golden = {name: queue(*case) for name, case in CASES.items()}
    Path(FILE).write_bytes(msgspec.json.format(msgspec.json.encode(golden)) + b"\n")
