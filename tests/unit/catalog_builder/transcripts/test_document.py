"""Transcripts of every format become parts with times, and files of chapters become chapters."""

import json

import pytest

from catalog_builder.transcripts.cues import TranscriptError
from catalog_builder.transcripts.document import MAX_CHAPTERS, read_chapters, read_transcript
from catalog_builder.transcripts.parts import MAX_CHARS, MAX_PART_CHARS, PART_CHARS
from feed.model.transcript import Chapter, TranscriptPart

VTT = """WEBVTT - An episode

STYLE
::cue { color: red }

NOTE A remark that nobody says

1
00:59.500 --> 01:01.000 align:start
<v.loud Anna Li>Tom &amp; <b>Jerry</b>, <00:01:00.000>really?</v>
<v Ben>Yes.

01:00:00.000 --> 01:00:01.000
\u200bTo the end.
"""
SRT = """\ufeff1\r\r
00:00:05,000 --> 00:00:06,000\r\r
And then\r\r
\r\r
2\r\r
00:00:01,000 --> 00:00:04,000\r\r
Adam: First.\r\r
3\r\r
xx --> 00:00:07,000\r\r
After that.\r\r
"""
JSON = {
    "version": "1.0.0",
    "segments": [
        {"speaker": "Anna", "startTime": 1, "body": "One "},
        {"speaker": "Anna", "startTime": 1.5, "body": "two."},
        {"startTime": "?", "body": None},
        {"speaker": "Ben", "startTime": 2, "body": "Three."},
    ],
}
HTML = """<!DOCTYPE html><html><head><title>T</title><style>p {}</style></head><body><!-- <p>no -->
<cite>Anna:</cite><time>1:02</time><p>Hello<br>there, <i>Ben</i>.</p><script>x("<p>no</p>")</script>
<cite>Ben:</cite><time>1:05</time><p>Hi.</p></body></html>"""


@pytest.mark.parametrize(
    ("document", "parts"),
    [
        (VTT, [("Tom & Jerry, really?\nBen: Yes. To the end.", 59.5, "Anna Li")]),
        (SRT, [("Adam: First. After that. And then", 1.0, None)]),
        (json.dumps(JSON), [("One two.\nBen: Three.", 1.0, "Anna")]),
        (HTML, [("Hello there, Ben.\nBen: Hi.", 62.0, "Anna")]),
        ("A plain\n\ntext.", [("A plain text.", None, None)]),
    ],
    ids=["vtt", "srt", "json", "html", "text"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_transcript_of_any_format_is_recognised_and_read(
    document: str, parts: list[tuple[str, float | None, str | None]], encoding: str
) -> None:
    assert read_transcript(document.encode(encoding)) == [TranscriptPart(*one) for one in parts]


def test_parts_are_of_about_the_same_length_and_begin_with_sentences() -> None:
    cues = "\n".join(
        f"{n // 60:02}:{n % 60:02}.000 --> 99:00.000\nCue {n} says something"
        f"{'.' if n % 3 == 2 else ''}\n"
        for n in range(300)
    )
    parts = read_transcript(f"WEBVTT\n\n{cues}".encode())
    assert all(PART_CHARS <= len(one.text) <= MAX_PART_CHARS for one in parts[:-1])
    assert all(one.text.endswith(".") for one in parts)
    assert [int(one.text.split()[1]) for one in parts] == [one.start_s for one in parts]
    assert " ".join(one.text for one in parts).count("Cue") == 300


def test_the_middle_of_a_long_speech_begins_between_its_ends() -> None:
    said = " ".join(f"Sentence {n} of a speech." for n in range(100))
    page = f"<cite>A:</cite><time>1:00</time><p>{said}</p><time>3:00</time><p>Yes.</p>"
    parts = read_transcript(page.encode())
    for part in parts[:-1]:
        expected = 60 + 120 * said.index(part.text[:30]) / len(said)
        assert part.start_s == pytest.approx(expected, abs=0.5)


def test_rolling_captions_say_each_line_once() -> None:
    rolling = ["hello", "hello\nthis is", "this is\nit", "it\nno", "no", "no"]
    cues = [f"00:0{n}.000 --> 00:0{n + 1}.000\n{said}\n" for n, said in enumerate(rolling)]
    (part,) = read_transcript("WEBVTT\n\n{}".format("\n".join(cues)).encode())
    assert part.text == "hello this is it no no no"


def test_long_names_of_speakers_make_no_transcript_longer_than_a_frame() -> None:
    names = "".join(f"<v {chr(97 + n % 2) * 80}>a" for n in range(20_000))
    parts = read_transcript(f"WEBVTT\n\n00:01 --> 00:02\n{names}".encode())
    assert MAX_CHARS * 0.9 < sum(len(one.text) for one in parts) <= MAX_CHARS + MAX_PART_CHARS


def test_a_head_without_an_end_hides_no_page() -> None:
    page = b"<html><head><title>T</title><body><p>Said.</p></body></html>"
    assert read_transcript(page) == [TranscriptPart("Said.")]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[{}]", b'{"segments": 1}', b"WEBVTT\n\nNOTE\nx", b"\x00\x01", b"{" * 99_999],
)
def test_what_is_no_transcript_is_refused(body: bytes) -> None:
    with pytest.raises(TranscriptError):
        read_transcript(body)


def test_a_page_of_excuses_is_no_transcript_where_the_address_says_what_it_should_be() -> None:
    page = b"<html><body><p>Not found, sorry.</p></body></html>"
    assert read_transcript(page, "https://a.example/t")
    for path in ("https://a.example/t.VTT", "https://a.example/t.srt", "https://a.example/t.json"):
        with pytest.raises(TranscriptError, match=r"no (VTT|SRT|JSON), though its address"):
            read_transcript(page, path)


def test_chapters_are_those_of_a_table_of_contents_by_their_times() -> None:
    listed = [
        {"startTime": 90.25, "title": "Two &amp; more", "url": "https://a.example/2"},
        {"startTime": 0, "title": "One", "img": "https://a.example/1.png", "url": "javascript:x"},
        {"startTime": 30, "title": "Hidden", "toc": False},
        {"startTime": 40, "img": "https://a.example/only.png"},
        {"startTime": -1, "title": "Before"},
        {"startTime": "1", "title": "Text"},
        {"startTime": 50, "title": " "},
        "chapter",
    ]
    assert read_chapters(json.dumps({"version": "1.2.0", "chapters": listed}).encode()) == [
        Chapter(0, "One", None, "https://a.example/1.png"),
        Chapter(40, "", None, "https://a.example/only.png"),
        Chapter(90.25, "Two & more", "https://a.example/2"),
    ]
    many = [{"startTime": n, "title": "x"} for n in range(MAX_CHAPTERS + 1)]
    assert len(read_chapters(json.dumps({"chapters": many}).encode())) == MAX_CHAPTERS
    for bad in (b"<html>", b"{}", b'{"chapters": []}'):
        with pytest.raises(TranscriptError):
            read_chapters(bad)
