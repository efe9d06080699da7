"""The cursor of a home page is short enough to be opened, whatever it holds."""

import numpy as np

from feed.home.cursor import HomePayload, ShelfRest, unseal_home
from feed.home.file import MAX_REST
from feed.session.cursor import CursorPayload, seal_payload

KEYS = (b"a key of the server's own",)


def test_the_longest_cursor_opens() -> None:
    rng = np.random.default_rng(0)  # random bytes do not compress
    session = CursorPayload(
        expires_us=2**50,
        scenario="a" * 40,
        cold_start=False,
        user_vector_episodes=500,
        degraded=("summary_timeout", "freshness_widened"),
        shown=0,
        id_hashes=rng.bytes(8 * MAX_REST),
        scores=rng.integers(-(10**6), 20 * 10**6, 4 * MAX_REST, np.int32).tobytes(),
        reason_codes=rng.integers(0, 25, MAX_REST, np.uint8).tobytes(),
        reason_subjects=rng.permutation(MAX_REST).astype(np.uint8).tobytes(),
        subject_hashes=rng.bytes(8 * MAX_REST),
        sources=rng.integers(0, 2**12, MAX_REST, np.uint16).tobytes(),
    )
    shelves = tuple(ShelfRest("a" * 28 + f"-{at}", 5, MAX_REST // 20) for at in range(20))
    payload = HomePayload(session, shelves)
    token = seal_payload(payload, ("home", "s", "u"), KEYS)
    assert unseal_home(token, session_id="s", uid="u", keys=KEYS, now_us=0) == payload
