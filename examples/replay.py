"""Computes a session twice, the second time from stored bytes, and shows that both are equal.

A session depends only on snapshot, request, summary, scenario, seed and time. Run it with a
snapshot that `python -m catalog_builder build --out FILE` made:
`.venv/bin/python -m examples.replay FILE`.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.session import pages
from feed.session.request import SessionRequest, make_query
from feed.snapshot.codec import decode

REQUEST = b'{"category_interests": ["Music"], "limit": 3}'
SEED = 0x3E7AB3C4C217459E  # the session's id, a hexadecimal number
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def session(snapshot: bytes) -> bytes:
    """The first page of a session, and its whole queue with every score, as JSON."""
    catalog = decode(snapshot)
    request = msgspec.json.decode(REQUEST, type=SessionRequest)
    query = make_query(request, None, seed=SEED, now_us=to_us(NOW))
    created = pages.create(Ranker(catalog, shipped()["for_you"]), query)
    return pages.replay(catalog, created, request.limit)


snapshot = Path(sys.argv[1]).read_bytes()
first, again = session(snapshot), session(snapshot)
for episode in msgspec.json.decode(first)["episodes"]:
    print(f"{episode['final_score']:.3f}  {episode['id']}  {episode['reason']['text']}")
print("identical bytes" if first == again else "different bytes")
