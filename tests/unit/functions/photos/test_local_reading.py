"""The local reading says by documented rules what colours and light suggest."""

from pathlib import Path

import pytest
from PIL import Image, ImageEnhance

from functions.photos.local_reading import MOODS, TRAITS, read_locally
from tests.support.photos import noise, picture

PAGE = (Path(__file__).parents[4] / "docs/seeds.md").read_text()


@pytest.mark.parametrize(
    ("image", "mood"),
    [
        (picture("black"), ["quiet", "reflective", "dark", "grey"]),
        (picture("midnightblue"), ["quiet", "reflective", "dark", "cool"]),
        (picture("white"), ["calm", "gentle", "bright", "grey"]),
        (picture("lightskyblue"), ["calm", "gentle", "cool", "bright"]),
        (picture("forestgreen"), ["calm", "gentle", "green"]),
        (picture("orange"), ["calm", "gentle", "warm"]),
        (ImageEnhance.Brightness(noise((64, 64))).enhance(1.6), ["joyful", "energetic"]),
        (noise((64, 64), high=100), ["quiet", "reflective", "dark"]),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_colours_and_light_have_a_mood(image: Image.Image, mood: list[str]) -> None:
    assert read_locally(image).mood == mood


def test_a_lively_picture_has_more_energy_and_a_brighter_one_more_valence() -> None:
    lively, still = read_locally(noise((64, 64))), read_locally(picture("slategrey", (64, 64)))
    assert lively.energy > still.energy
    assert read_locally(picture("gold")).valence > read_locally(picture("navy")).valence


def test_every_word_is_documented() -> None:
    rows = [(*mood, *themes) for mood, themes in MOODS.values()]
    rows += [(name, *themes) for name, themes in TRAITS.items()]
    for words in rows:
        assert any(all(word in line for word in words) for line in PAGE.splitlines()), words
