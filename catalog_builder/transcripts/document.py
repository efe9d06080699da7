"""Reads the files of an episode: its transcript in any format, and its chapters."""

import codecs
import re

from catalog_builder.transcripts.captions import ARROW, caption_cues
from catalog_builder.transcripts.cues import TranscriptError, known_s, plain
from catalog_builder.transcripts.page import page_cues, text_cues
from catalog_builder.transcripts.parts import joined
from catalog_builder.transcripts.segments import decode_json, segment_cues
from feed.model.transcript import Chapter, TranscriptPart

MAX_CHAPTERS = 200
MAX_TITLE_CHARS = 300
MAX_URL_CHARS = 2_000

_URL = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_HTML = re.compile(r"<(?:!doctype|html|head|body|p|div|cite|time|br|h[1-6]|span)\b", re.IGNORECASE)
_HEAD_CHARS = 4_096


def read_transcript(body: bytes, path: str = "") -> list[TranscriptPart]:
    """The parts of a transcript, whose format its beginning tells. Raises `TranscriptError`.

    Types that servers state are not looked at: many call every transcript a plain text. But what
    has a `path` that ends in `.vtt`, `.srt` or `.json` must be that, and no page of excuses.
    """
    text = _decoded(body)
    head = text[:_HEAD_CHARS].lstrip()
    path = path.lower()
    if (path.endswith((".vtt", ".srt")) and ARROW not in text) or (
        path.endswith(".json") and not head.startswith("{")
    ):
        raise TranscriptError(f"no {path.rpartition('.')[2].upper()}, though its address says so")
    if head.startswith(("{", "[{")):
        cues = segment_cues(text)
    elif head.startswith("WEBVTT") or (ARROW in head and not head.startswith("<")):
        cues = caption_cues(text)
    elif _HTML.search(head):
        cues = page_cues(text)
    elif "\x00" in head:
        raise TranscriptError("no text")
    else:
        cues = text_cues(text)
    if not (parts := joined(cues)):
        raise TranscriptError("a transcript without a word")
    return parts


def read_chapters(body: bytes) -> list[Chapter]:
    """The chapters of a file of the podcast namespace's JSON (version 1.2), by their times.

    Those that are not for a table of contents are left out, and so is what has neither title nor
    picture. At most `MAX_CHAPTERS` are kept. Raises `TranscriptError`.
    """
    listed = decode_json(_decoded(body)).get("chapters")
    if not isinstance(listed, list):
        raise TranscriptError("JSON without `chapters`")
    chapters = [found for one in listed[: 50 * MAX_CHAPTERS] if (found := _chapter(one))]
    if not chapters:
        raise TranscriptError("a file without a chapter")
    return sorted(chapters, key=lambda one: one.start_s)[:MAX_CHAPTERS]


def _chapter(one: object) -> Chapter | None:
    if not isinstance(one, dict) or one.get("toc") is False:
        return None
    start_s, title = known_s(one.get("startTime")), one.get("title")
    title = plain(title)[:MAX_TITLE_CHARS] if isinstance(title, str) else ""
    image_url = _url(one.get("img"))
    if start_s is None or not (title or image_url):
        return None
    return Chapter(start_s, title, _url(one.get("url")), image_url)


def _url(value: object) -> str | None:
    is_url = isinstance(value, str) and len(value) <= MAX_URL_CHARS and _URL.fullmatch(value)
    return str(value) if is_url else None


def _decoded(body: bytes) -> str:
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")
