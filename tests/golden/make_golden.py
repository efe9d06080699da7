"""`python -m tests.golden.make_golden`: record the golden sessions anew.

Only to accept a change of ranking; the commit says why it changes.
"""

import msgspec

from tests.golden.test_golden import CASES, FILE, queue

if __name__ == "__main__":
    recorded = {name: queue(*case) for name, case in CASES.items()}
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(recorded)) + b"\n")
