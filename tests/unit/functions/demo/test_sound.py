"""The demo's sound: a WAV file of which any part can be made alone."""

import io
import wave

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from functions.demo.sound import RATE, Sound

SOUND = Sound("the-long-orbit-003", 3.0)
WHOLE = SOUND.read(0, SOUND.size)


@given(st.integers(0, SOUND.size), st.integers(0, 3000))
def test_a_part_is_a_slice_of_the_whole(start: int, length: int) -> None:
    assert SOUND.read(start, start + length) == WHOLE[start : start + length]


def test_it_is_a_file_of_the_length_that_was_asked_for() -> None:
    with wave.open(io.BytesIO(WHOLE)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        assert file.getnframes() == 3 * RATE
        samples = np.frombuffer(file.readframes(3 * RATE), "<i2")
    assert len(WHOLE) == SOUND.size
    assert np.abs(samples.reshape(30, -1)).max(axis=1).min() > 1000  # never silent for 0.1 s


def test_episodes_sound_different_and_the_same_each_time() -> None:
    other = Sound("the-long-orbit-004", 3.0)
    assert Sound("the-long-orbit-003", 3.0).read(0, SOUND.size) == WHOLE
    assert other.read(0, other.size) != WHOLE
