"""The local reading of a photo: from its colours and its light alone, by documented rules.

Energy and valence are the two axes of moods (Russell, 1980, "A circumplex model of affect"). It
does not know what a photo shows. docs/seeds.md describes the rules.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from functions.photos.reading import Reading

NAME = "local"
"""the name of this reading, in place of a model's"""
_SIDE = 128
"""pixels a side of what is looked at"""
LIVELY, CHEERFUL = 0.45, 0.5
"""energy and valence from which on a photo counts as lively or cheerful"""
DARK, BRIGHT = 0.25, 0.7
"""brightness below which a photo is dark, and from which on it is bright"""
WARM = 0.4
"""warmth from which on a photo is warm; below the negative it is cool"""
GREEN = 0.4
"""share of green pixels from which on a photo is green"""
COLOURFUL = 0.08
"""saturation from which on a photo has a colour"""

MOODS = {
    (False, True): (("calm", "gentle"), ("nature", "wellness", "garden", "travel", "home")),
    (False, False): (
        ("quiet", "reflective"),
        ("history", "philosophy", "sleep", "memory", "books"),
    ),
    (True, True): (("joyful", "energetic"), ("music", "comedy", "sport", "adventure", "play")),
    (True, False): (("tense", "dramatic"), ("crime", "mystery", "politics", "war", "conflict")),
}
"""by whether a photo is lively and cheerful: words for its mood, and subjects that suit it"""
TRAITS = {
    "dark": ("night", "stories", "space"),
    "bright": ("summer", "ideas", "future"),
    "warm": ("food", "family", "culture"),
    "cool": ("ocean", "science", "winter"),
    "green": ("forest", "climate", "animals"),
    "grey": ("city", "work", "society"),
}
"""by trait, which is a word for the mood, too: subjects that suit it"""
MAX_TRAITS = 2
MAX_THEMES = 8


@dataclass(frozen=True)
class Light:
    """Colours and light of a picture, each 0 to 1 but for `warmth`."""

    brightness: float
    """mean luminance"""
    contrast: float
    """standard deviation of the luminance, doubled"""
    saturation: float
    """mean distance between the highest and the lowest channel"""
    warmth: float
    """red less blue in proportion to the saturation, -1 to 1"""
    green: float
    """share of pixels that are mostly green"""
    detail: float
    """mean difference between neighbouring pixels, times 8"""


def read_locally(picture: Image.Image) -> Reading:
    """Read an RGB picture by its colours and its light."""
    light = measure(picture)
    colour = min(1.0, 2 * light.saturation)
    energy = 0.35 * colour + 0.3 * light.contrast + 0.35 * light.detail
    valence = 0.5 * light.brightness + 0.25 * colour + 0.125 * (light.warmth + 1)
    mood, themes = MOODS[energy >= LIVELY, valence >= CHEERFUL]
    traits = _traits(light)[:MAX_TRAITS]
    subjects = [one for trait in traits for one in TRAITS[trait]] + list(themes)
    return Reading(
        mood=[*mood, *traits],
        themes=subjects[:MAX_THEMES],
        energy=round(energy, 3),
        valence=round(valence, 3),
        text=", ".join([*mood, *traits, *subjects]),
    )


def measure(picture: Image.Image) -> Light:
    """Measure the colours and the light of an RGB picture."""
    size = (min(_SIDE, picture.width), min(_SIDE, picture.height))
    small = picture.resize(size, Image.Resampling.BOX)
    pixels: npt.NDArray[np.float64] = np.asarray(small, np.float64) / 255
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    luminance = 0.299 * red + 0.587 * green + 0.114 * blue  # Rec. 601
    chroma = pixels.max(axis=2) - pixels.min(axis=2)
    is_green = (green > red) & (green > blue) & (chroma > COLOURFUL)
    steps = [np.abs(np.diff(luminance, axis=axis)).ravel() for axis in (0, 1)]
    difference = np.concatenate([*steps, [0.0]]).mean()
    warmth = (red - blue).mean() / max(float(chroma.mean()), 0.05)
    return Light(
        brightness=float(luminance.mean()),
        contrast=min(1.0, 2 * float(luminance.std())),
        saturation=float(chroma.mean()),
        warmth=float(np.clip(warmth, -1.0, 1.0)),
        green=float(is_green.mean()),
        detail=min(1.0, 8 * float(difference)),
    )


def _traits(light: Light) -> list[str]:
    """Return the traits that hold, the most telling first."""
    has_colour = light.saturation >= COLOURFUL
    holds = {
        "dark": light.brightness < DARK,
        "green": has_colour and light.green >= GREEN,
        "warm": has_colour and light.warmth >= WARM,
        "cool": has_colour and light.warmth <= -WARM,
        "bright": light.brightness >= BRIGHT,
        "grey": not has_colour,
    }
    return [name for name, is_true in holds.items() if is_true]
