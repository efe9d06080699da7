"""Synthesised sound of any length: any part of it without the rest, the same for the same seed.

A slow arpeggio: twice a second a note of a pentatonic scale, each of which fades within seconds.
"""

import hashlib
import struct

import numpy as np
import numpy.typing as npt

RATE = 16_000
"""samples a second: mono, 16 bits"""
HEADER_BYTES = 44
_SAMPLE_BYTES = 2
_MAX_SECONDS = 24 * 3600
_NOTE_S = 0.5
_SOUNDING = 5
"""number of notes that sound at a time: the oldest has faded to a hundredth"""
_SCALE = np.array([0, 2, 4, 7, 9, 12, 14, 16, 19, 21])
"""semitones above the lowest note: a major pentatonic over two octaves"""
_AMPLITUDE = 9_000.0


class Sound:
    """A WAV file of a length, made when its bytes are read."""

    def __init__(self, seed: str, seconds: float) -> None:
        """Take what makes the sound differ from others, and its length, at most a day."""
        digest = hashlib.sha256(seed.encode()).digest()
        self._lowest_hz = 130.0 * 2 ** (digest[0] % 8 / 12)
        self._key = int.from_bytes(digest[1:9], "little")
        self._samples = round(min(seconds, _MAX_SECONDS) * RATE)
        self.size = HEADER_BYTES + self._samples * _SAMPLE_BYTES
        """number of bytes"""

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` up to `stop`, as a slice of the file."""
        stop = min(stop, self.size)
        head = self._header()[start:stop]
        first, last = max(start, HEADER_BYTES) - HEADER_BYTES, stop - HEADER_BYTES
        if first >= last:
            return head
        samples = self._wave(first // _SAMPLE_BYTES, -(-last // _SAMPLE_BYTES))
        offset = first % _SAMPLE_BYTES
        return head + samples.tobytes()[offset : offset + last - first]

    def _header(self) -> bytes:
        data = self._samples * _SAMPLE_BYTES
        return struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            *(b"RIFF", 36 + data, b"WAVE", b"fmt ", 16, 1, 1),
            *(RATE, RATE * _SAMPLE_BYTES, _SAMPLE_BYTES, 8 * _SAMPLE_BYTES, b"data", data),
        )

    def _wave(self, first: int, last: int) -> npt.NDArray[np.int16]:
        """Return the samples from `first` up to `last`."""
        at_s = np.arange(first, last) / RATE
        newest = np.floor(at_s / _NOTE_S).astype(np.int64)
        wave = np.zeros(last - first)
        for back in range(_SOUNDING):
            note = newest - back
            age_s = at_s - note * _NOTE_S
            sounds = np.exp(-2.0 * age_s) * np.minimum(1.0, age_s / 0.02)
            tone = np.sin(2 * np.pi * self._hz(note) * age_s)
            wave += np.where(note >= 0, sounds * tone, 0.0)
        return np.clip(wave * _AMPLITUDE, -32_767, 32_767).astype("<i2")

    def _hz(self, notes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the frequency of each note, by its number: splitmix64 chooses from the scale."""
        mixed = notes.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(self._key)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(27)
        steps = _SCALE[(mixed >> np.uint64(33)) % np.uint64(len(_SCALE))]
        hz: npt.NDArray[np.float64] = self._lowest_hz * np.exp2(steps / 12)
        return hz
