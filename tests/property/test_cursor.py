"""A cursor is worth something to its own session and user, for its time, and as it was issued."""

import random
import string
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed.ranking.reasons import KEYS, Reasons
from feed.scenarios.experiment import Assignment
from feed.session.cursor import CursorError, CursorExpired, seal, unseal
from feed.session.state import Queue, Session

KEY, OTHER_KEY = b"a key of the server's own", b"another key, just as long"
NOW_US = 1_000


def session_of(count: int, seed: int = 0, reasons: int = 12) -> Session:
    """A session of random episodes: nothing in it compresses that would not in production."""
    rng = np.random.default_rng(seed)
    leans_on = rng.integers(0, 2**64, reasons, np.uint64, endpoint=False)
    return Session(
        session_id="s",
        shown=10,
        scenario="for_you",
        cold_start=False,
        user_vector_episodes=10,
        degraded=("summary_timeout", "freshness_widened"),
        queue=Queue(
            rng.integers(0, 2**64, count, np.uint64, endpoint=False),
            rng.integers(-(10**6), 2 * 10**6, (count, 4), np.int32),
            Reasons(
                rng.integers(0, len(KEYS), count, np.uint8),
                rng.choice(leans_on, count) if count else leans_on[:0],
            ),
        ),
    )


def opened(token: str, session: str = "s", uid: str | None = "u", now_us: int = 0) -> Session:
    return unseal(token, session_id=session, uid=uid, keys=[KEY], now_us=now_us)


def sealed(session: Session, uid: str | None = "u", keys: tuple[bytes, ...] = (KEY,)) -> str:
    return seal(session, uid=uid, keys=keys, expires_us=NOW_US)


def facts(session: Session) -> list[object]:
    """All that a session holds, as values that can be compared."""
    queue = session.queue
    arrays = (queue.id_hashes, queue.scores, queue.reasons.codes, queue.reasons.leans_on)
    return [replace(session, queue=None), *(a.tolist() for a in arrays)]  # type: ignore[arg-type]


stamps = st.none() | st.builds(Assignment, st.text(max_size=40), st.text(max_size=40))


@given(st.integers(0, 150), st.integers(0, 10**6), stamps)
def test_a_cursor_opens_as_it_was_sealed(count: int, seed: int, stamp: Assignment | None) -> None:
    session = replace(session_of(count, seed), experiment=stamp)
    assert facts(opened(sealed(session))) == facts(session)


def test_150_episodes_with_scores_and_reasons_take_less_than_6_kb() -> None:
    assert len(sealed(session_of(150))) < 6_000


@given(st.data())
@settings(max_examples=300)
def test_an_altered_cursor_is_refused(data: st.DataObject) -> None:
    token = sealed(session_of(5))
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_=/+ é\0"))
    altered = token[:place] + letter + token[place + 1 :]
    if altered != token:
        with pytest.raises(CursorError):
            opened(altered)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.hex()))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(CursorError):
        opened(text)


def test_a_cut_or_overlong_cursor_is_refused() -> None:
    token = sealed(session_of(5))
    for wrong in (token[:-1], token[1:], token + "A", token + "A" * 10_000):
        with pytest.raises(CursorError):
            opened(wrong)


def test_a_cursor_of_another_session_or_user_is_refused() -> None:
    token = sealed(session_of(5))
    for session, uid in (("t", "u"), ("s", "v"), ("s", None), ("su", "")):
        with pytest.raises(CursorError, match="not issued for this session and user"):
            opened(token, session, uid)


def test_an_anonymous_cursor_is_good_for_whoever_holds_it() -> None:
    token = sealed(session_of(5), uid=None)
    assert facts(opened(token, uid=None)) == facts(opened(token, uid="anybody"))


def test_a_cursor_expires() -> None:
    token = sealed(session_of(5))
    assert opened(token, now_us=NOW_US)
    with pytest.raises(CursorExpired):
        opened(token, now_us=NOW_US + 1)


def test_a_forged_cursor_is_refused_before_it_is_called_expired() -> None:
    token = sealed(session_of(5), keys=(OTHER_KEY,))
    with pytest.raises(CursorError) as refused:
        opened(token, now_us=NOW_US + 1)
    assert not isinstance(refused.value, CursorExpired)


def test_keys_rotate_without_ending_a_session() -> None:
    old = sealed(session_of(5))
    assert unseal(old, session_id="s", uid="u", keys=[OTHER_KEY, KEY], now_us=0)
    new = sealed(session_of(5), keys=(OTHER_KEY, KEY))
    with pytest.raises(CursorError):
        opened(new)


def test_random_genuine_looking_tokens_never_open() -> None:
    rng = random.Random(0)
    letters = string.ascii_letters + string.digits + "-_"
    for _ in range(200):
        with pytest.raises(CursorError):
            opened("".join(rng.choices(letters, k=rng.randrange(1, 400))))
