"""A transcript is known by the words that it says often and others do not."""

from catalog_builder.transcripts.words import MAX_WORDS, telling_words, without_common
from feed.model.transcript import TranscriptPart


def test_telling_words_are_said_more_than_once_and_say_something() -> None:
    said = (
        "The rye and the Rye. An oven, the café, the CAFE, an ox and an ox. \u8a71\u8a71"
        + "\u8a71" * 60
    )
    assert telling_words([TranscriptPart(said), TranscriptPart("Rye.")]) == "rye cafe"
    many = " ".join(f"word{chr(97 + n // 26)}{chr(97 + n % 26)} " * 2 for n in range(99))
    assert len(telling_words([TranscriptPart(many)]).split()) == MAX_WORDS


def test_words_of_too_many_transcripts_are_left_out_once_there_are_enough_to_tell() -> None:
    few = [f"sponsor only{n}" for n in range(19)]
    assert without_common(few) == few
    many = [f"sponsor only{n}" for n in range(30)]
    assert without_common(["", *many]) == ["", *(f"only{n}" for n in range(30))]
