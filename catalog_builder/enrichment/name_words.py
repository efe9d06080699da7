"""The words of `name_words.toml`, and marks that names may contain."""

import tomllib
from pathlib import Path

_WORDS = {
    name: frozenset(words.split())
    for name, words in tomllib.loads(
        Path(__file__).with_name("name_words.toml").read_text(encoding="utf-8")
    ).items()
}
COMMON = _WORDS["common"]
"""capitalised words that are no names"""
OPENINGS = _WORDS["openings"]
"""ordinary words as they begin sentences"""
ORGANISATIONS = _WORDS["organisations"]
"""words, in lower case, that names of persons do not have"""
PARTICLES = _WORDS["particles"]
"""words in lower case within names of persons"""
GIVEN_NAMES = _WORDS["given_names"]
"""common given names, in lower case"""
APOSTROPHES = "'\u2019"
