"""An episode that can be heard: a quiet tone, served in ranges as a browser asks for it."""

import io
import re
import struct
import wave

from playwright.sync_api import Page, Route

AUDIO = "https://audio.example/episode.wav"
RATE = 8000


def tone(seconds: float) -> bytes:
    """A WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(RATE)
        made.writeframes(
            b"".join(struct.pack("<h", i % 40 * 20) for i in range(int(RATE * seconds)))
        )
    return file.getvalue()


def sound(page: Page, seconds: float) -> None:
    """Serve this much sound at `AUDIO`."""
    body = tone(seconds)

    def answer(route: Route) -> None:
        asked = re.match(r"bytes=(\d+)-(\d*)", route.request.headers["range"])
        assert asked
        start, end = int(asked[1]), min(int(asked[2] or len(body)), len(body) - 1)
        span = {"Content-Range": f"bytes {start}-{end}/{len(body)}", "Accept-Ranges": "bytes"}
        headers = {**span, "Content-Type": "audio/wav"}
        route.fulfill(status=206, body=body[start : end + 1], headers=headers)

    page.route(AUDIO, answer)
