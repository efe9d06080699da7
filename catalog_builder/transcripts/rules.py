"""How frames are made of what was fetched, on a shelf and in the temporary file of a build."""

import zlib

import msgspec

from catalog_builder.texts.spool import TextRules
from feed.model.stored_texts import TextKind
from feed.model.transcript import Transcript

POLICY = 1
"""version of the rules by which files become parts: what other rules made is fetched again"""
MAX_CHARS = 4_000_000
"""of one frame's JSON; what is read of files stays below it"""
_LEVEL = 6


def spool_text(transcript: Transcript) -> str:
    """What a spool keeps of a transcript: the JSON of its frame."""
    return msgspec.json.encode(transcript).decode()


def _frame(text: str) -> bytes:
    return zlib.compress(text.encode(), _LEVEL)


TRANSCRIPTS = TextRules(TextKind.TRANSCRIPTS, POLICY, MAX_CHARS, _frame)
