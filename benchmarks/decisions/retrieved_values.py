"""What it costs to be sent the values of matches, beside their ids and scores alone.

`python -m benchmarks.decisions.retrieved_values [DIMENSION]`: the bytes of an answer of
150 matches as Pinecone writes it, and the processor's time until they are arrays. See
docs/adr/0007.
"""

import statistics
import sys
import time
import uuid

import msgspec
import numpy as np
from pinecone import QueryResponse

MATCHES = 150
RUNS = 30


def main(dimension: int) -> None:
    """Print both kinds."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(MATCHES, dimension))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    # As short as float32 can be written, and as a float64 of it: servers do either.
    short = rows.astype(str).astype(float)
    written = {"none": None, "short": short.tolist(), "long": rows.tolist()}
    for kind, values in written.items():
        matches = [{"id": str(uuid.uuid4()), "score": float(row[0])} for row in rows]
        if values is not None:
            matches = [m | {"values": v} for m, v in zip(matches, values, strict=True)]
        answer = msgspec.json.encode({"matches": matches, "namespace": ""})
        taken = []
        for _ in range(RUNS):
            started = time.process_time()
            found = msgspec.json.decode(answer, type=QueryResponse)
            np.array([match.values for match in found.matches], np.float32)
            taken.append((time.process_time() - started) * 1000)
        print(f"{kind}: {len(answer):,} bytes, {statistics.median(taken):.2f} ms")  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1536)
