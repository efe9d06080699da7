"""A cursor opens for its own session and user, until it expires, as it was issued and no other."""

import string

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed.ranking.reasons import KEYS
from feed.scenarios.experiment import Assignment
from feed.session.cursor import CursorError, CursorExpired, CursorPayload, seal, unseal

KEY, OTHER_KEY = b"a key of the server's own", b"another key, just as long"
NOW_US = 1_000
LETTERS = string.ascii_letters + string.digits + "-_"


def payload_of(count: int, seed: int = 0, stamp: Assignment | None = None) -> CursorPayload:
    """A payload of random episodes: it compresses no better than one of production."""
    rng = np.random.default_rng(seed)
    return CursorPayload(
        expires_us=NOW_US,
        scenario="for_you",
        cold_start=False,
        user_vector_episodes=10,
        degraded=("summary_timeout", "freshness_widened"),
        shown=10,
        id_hashes=rng.bytes(8 * count),
        scores=rng.integers(-(10**6), 2 * 10**6, 4 * count, np.int32).tobytes(),
        reason_codes=rng.integers(0, len(KEYS), count, np.uint8).tobytes(),
        reason_subjects=rng.integers(0, 12, count, np.uint8).tobytes(),
        subject_hashes=rng.bytes(8 * 12),
        experiment=stamp,
    )


def opened(
    token: str,
    session: str = "s",
    uid: str | None = "u",
    now_us: int = 0,
    keys: tuple[bytes, ...] = (KEY,),
) -> CursorPayload:
    return unseal(token, session_id=session, uid=uid, keys=keys, now_us=now_us)


def sealed(
    payload: CursorPayload | None = None, uid: str | None = "u", keys: tuple[bytes, ...] = (KEY,)
) -> str:
    return seal(payload or payload_of(5), session_id="s", uid=uid, keys=keys)


stamps = st.none() | st.builds(Assignment, st.text(max_size=40), st.text(max_size=40))


@given(st.integers(0, 150), st.integers(0, 10**6), stamps)
def test_a_cursor_opens_as_it_was_sealed(count: int, seed: int, stamp: Assignment | None) -> None:
    payload = payload_of(count, seed, stamp)
    assert opened(sealed(payload)) == payload


@pytest.mark.parametrize("first", ["experiment", "seed_text", "is_decision", "sources"])
def test_a_cursor_of_an_earlier_release_still_opens(first: str) -> None:
    fields = msgspec.structs.astuple(payload_of(5))
    earlier = fields[: CursorPayload.__struct_fields__.index(first)]
    token = seal(earlier, session_id="s", uid="u", keys=[KEY])  # type: ignore[arg-type]
    assert opened(token) == payload_of(5)


def test_a_genuine_cursor_of_another_release_is_refused() -> None:
    token = seal("not what this release packs", session_id="s", uid="u", keys=[KEY])  # type: ignore[arg-type]
    with pytest.raises(CursorError, match="another version"):
        opened(token)


def test_150_episodes_with_scores_and_reasons_take_less_than_6_kb() -> None:
    assert len(sealed(payload_of(150))) < 6_000


@given(st.data())
@settings(max_examples=300)
def test_an_altered_cursor_is_refused(data: st.DataObject) -> None:
    token = sealed()
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from(LETTERS + "=/+ é\0"))
    altered = token[:place] + letter + token[place + 1 :]
    if altered != token:
        with pytest.raises(CursorError):
            opened(altered)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.hex()))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(CursorError):
        opened(text)


def test_a_cut_or_overlong_cursor_is_refused() -> None:
    token = sealed()
    for wrong in (token[:-1], token[1:], token + "A", token + "A" * 10_000):
        with pytest.raises(CursorError):
            opened(wrong)


def test_a_cursor_of_another_session_or_user_is_refused() -> None:
    for session, uid in (("t", "u"), ("s", "v"), ("s", None), ("su", "")):
        with pytest.raises(CursorError, match="not issued for this session and user"):
            opened(sealed(), session, uid)


def test_the_cursor_of_an_anonymous_session_opens_for_every_user() -> None:
    token = sealed(uid=None)
    assert opened(token, uid=None) == opened(token, uid="anybody")


def test_a_cursor_expires() -> None:
    assert opened(sealed(), now_us=NOW_US)
    with pytest.raises(CursorExpired):
        opened(sealed(), now_us=NOW_US + 1)


def test_a_forged_cursor_is_refused_before_it_is_called_expired() -> None:
    with pytest.raises(CursorError) as refused:
        opened(sealed(keys=(OTHER_KEY,)), now_us=NOW_US + 1)
    assert not isinstance(refused.value, CursorExpired)


def test_keys_rotate_without_ending_a_session() -> None:
    assert opened(sealed(), keys=(OTHER_KEY, KEY))
    with pytest.raises(CursorError):
        opened(sealed(keys=(OTHER_KEY, KEY)))
