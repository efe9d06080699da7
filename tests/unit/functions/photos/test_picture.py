"""Pictures of unknown origin are decoded within limits, upright, small and without metadata."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from functions.photos.picture import LONGEST_SIDE, PictureError, encoded, small_picture
from tests.support.photos import as_file, noise, picture, png_of

TWO = {"save_all": True, "append_images": [picture("blue")]}
JPEG = as_file(noise((64, 48)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "MPO"])
def test_pictures_of_phones_and_pages_are_taken(kind: str) -> None:
    file = as_file(picture("red"), kind, **(TWO if kind == "MPO" else {}))
    found = np.asarray(small_picture(file))
    assert found.shape == (40, 60, 3)
    assert (np.abs(found.astype(int) - [255, 0, 0]) < 8).all()


@pytest.mark.parametrize(
    "file",
    [
        *(b"", b"\xff\xd8\xff\xe0", b"GIF89a", JPEG[:700], JPEG[:-700], b"<svg/>"),
        as_file(picture("red"), "GIF"),
        as_file(picture("red"), "BMP"),
        as_file(picture("red"), "PNG", **TWO),
        as_file(picture("red"), "WEBP", **TWO),
        png_of(100_000, 100_000, b"\0" * 1000),
        png_of(13_000, 1_001, b"\0"),
        png_of(8, 8, b""),
        JPEG[:-2] + b"\xff\xda\0\0" * 200_000,
    ],
    ids=lambda file: f"{len(file)} {file[:4]!r}",
)
def test_what_is_too_large_or_not_a_whole_still_picture_is_refused(file: bytes) -> None:
    with pytest.raises(PictureError):
        small_picture(file)


@given(st.binary(max_size=30), st.integers(0, len(JPEG)), st.integers(0, 30))
@settings(max_examples=60)
def test_a_damaged_file_is_read_or_refused(data: bytes, at: int, cut: int) -> None:
    try:
        found = small_picture(JPEG[:at] + data + JPEG[at + cut :])
    except PictureError:
        return
    assert found.mode == "RGB"


@pytest.mark.parametrize("size", [(2000, 1000), (1000, 2000), (40_000, 3), (1, 30_000)])
def test_a_large_picture_is_made_small_in_proportion(size: tuple[int, int]) -> None:
    found = small_picture(as_file(picture("red", size), "PNG"))
    assert max(found.size) == LONGEST_SIDE
    assert min(found.size) == max(1, round(min(size) * LONGEST_SIDE / max(size)))


@pytest.mark.parametrize("orientation", range(10))
def test_a_picture_is_turned_upright(orientation: int) -> None:
    drawn = picture("black")
    drawn.paste("white", (0, 0, 20, 10))
    exif = Image.Exif()
    exif[0x0112] = orientation
    from PIL import ImageOps  # noqa: PLC0415

    file = as_file(drawn, "PNG", exif=exif)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
    assert np.array_equal(np.asarray(small_picture(file)), np.asarray(expected))


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("RGBA", (9, 9), (255, 0, 0, 0)), 255),
        (Image.new("LA", (9, 9), (0, 255)), 0),
        (Image.new("L", (9, 9), 128), 128),
        (Image.fromarray(np.full((9, 9), 128 * 256, np.uint16)), 128),
        (Image.new("1", (9, 9), 1), 255),
        (Image.new("P", (9, 9)), 0),
    ],
    ids=["transparent", "LA", "grey", "16 bits", "1 bit", "palette"],
)
def test_every_kind_of_pixel_becomes_rgb_on_white(image: Image.Image, expected: int) -> None:
    assert (np.asarray(small_picture(as_file(image, "PNG"))) == expected).all()


def test_what_is_sent_on_holds_pixels_alone() -> None:
    exif = Image.Exif()
    exif[0x010E] = "home of somebody"
    options: dict[str, Any] = {"exif": exif, "comment": b"home too", "icc_profile": b"home" * 50}
    file = as_file(noise((64, 48)), **options) + b"PK\3\4home"
    assert file.count(b"home") == 53
    assert b"home" not in (sent := encoded(small_picture(file)))
    assert Image.open(io.BytesIO(sent)).format == "JPEG"
