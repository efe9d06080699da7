"""Whatever a server sends as a transcript, it is read within bounds or refused."""

import time
from contextlib import suppress

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from catalog_builder.transcripts.cues import TranscriptError, clock_s
from catalog_builder.transcripts.document import read_chapters, read_transcript
from catalog_builder.transcripts.parts import MAX_PART_CHARS
from catalog_builder.transcripts.rules import spool_text
from feed.model.transcript import Transcript

PIECES = (
    *("WEBVTT\n\n", "\n\n", "\r\n", "00:01.000 --> 00:02.000\n", "-->", "<v Anna>", "</v>", "<v "),
    *("<p>", "<script>", "</script>", "<!--", "-->", "<cite>", "<time>", "</time>", "</cite>"),
    *('{"segments":[', '{"body":"x","startTime":', "1e400", "},", "]}", '{"chapters":[', "\\ud800"),
    *("&amp;", "&#0;", "&", "<", ">", "a. ", "\u3002", "\x00", "\ufeff", "99:99:99", "x" * 700),
    f"&#{'1' * 5_000};",
)
documents = st.lists(st.sampled_from(PIECES) | st.text(max_size=9), max_size=40).map("".join)


@given(documents.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    parts, chapters = [], []
    with suppress(TranscriptError):
        parts = read_transcript(body)
    with suppress(TranscriptError):
        chapters = read_chapters(body)
    times = [one.start_s for one in parts if one.start_s is not None]
    assert times == sorted(times)
    assert all(one.text and len(one.text) <= 2 * MAX_PART_CHARS for one in parts)
    stored = spool_text(Transcript(chapters, parts))
    assert msgspec.json.decode(stored.encode(), type=Transcript) == Transcript(chapters, parts)


@given(
    st.lists(
        st.tuples(st.integers(0, 360_000_000), st.from_regex(r"[a-z]{1,9}[.]?", fullmatch=True))
    )
)
def test_every_word_of_captions_is_kept_in_the_order_of_times(cues: list[tuple[int, str]]) -> None:
    def clock(ms: int) -> str:
        return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"

    text = "".join(f"{clock(at)} --> {clock(at + 1)}\n{word}\n\n" for at, word in cues)
    assert all(clock_s(clock(at)) == at / 1000 for at, _ in cues)
    said = [word for _, word in sorted(cues, key=lambda one: one[0])]
    try:
        parts = read_transcript(f"WEBVTT\n\n{text}".encode())
    except TranscriptError:
        assert not cues
    else:
        assert " ".join(one.text for one in parts).split() == said
        assert parts[0].start_s == min(at for at, _ in cues) / 1000


def test_hostile_files_take_time_in_proportion_to_their_length() -> None:
    hostile = (b"<", b"<v ", b"<!-- ", b"<p>x", b"<time>1</time>x", b"x", b"a. ", b"&amp;", b"1:")
    hostile += (b"\r", b"<" + b"a" * 2**17)
    began = time.process_time()
    for piece in hostile:
        for head in (b"", b"WEBVTT\n\n00:01 --> 00:02\n", b"<p>"):
            with suppress(TranscriptError):
                read_transcript(head + piece * max(1, 2**17 // len(piece)))
    assert time.process_time() - began < 20  # quadratic, it takes minutes
