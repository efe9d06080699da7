"""Pictures of unknown origin, decoded within limits, upright and small.

The limits bound memory and time before anything is decoded: a decoder cannot be stopped.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_JPEG_PIXELS = 30_000_000
"""of a JPEG, which is decoded in part; phones take up to 25 million by default"""
MAX_PIXELS = 13_000_000
"""of any other picture, which takes up to 16 bytes a pixel while it is decoded"""
MAX_SCANNED_PIXELS = 400_000_000
"""pixels of a JPEG times its scans, each of which visits them all; common files have 10 scans"""
LONGEST_SIDE = 1024
"""of what a model sees, in pixels"""
QUALITY = 85
"""of the JPEG that a model sees"""
_START_OF_SCAN = b"\xff\xda"
_ORIENTATION = 0x0112
"""EXIF tag"""
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""by EXIF orientation: what turns a picture upright"""
_DEEP_MODES = frozenset({"I", "I;16", "I;16B", "I;16L"})
"""modes with more than 8 bits a channel, which only grey PNG files have"""


class PictureError(ValueError):
    """The bytes are no picture that is accepted. The message says what is expected."""


def small_picture(data: bytes) -> Image.Image:
    """Decode a picture, turned upright, as RGB of at most `LONGEST_SIDE` pixels a side.

    Transparent parts become white. Of a file with several pictures, as some phones write them, the
    main one is taken. Raises `PictureError`.
    """
    with _refusing("a whole JPEG, PNG or WebP picture"):
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    is_jpeg = picture.format in {"JPEG", "MPO"}
    (width, height), most = picture.size, MAX_JPEG_PIXELS if is_jpeg else MAX_PIXELS
    if width * height > most:
        raise PictureError(f"at most {most} pixels, got {width} x {height}")
    if picture.format != "MPO" and getattr(picture, "is_animated", False):
        raise PictureError("a still picture, got an animated one")
    if is_jpeg and data.count(_START_OF_SCAN) * width * height > MAX_SCANNED_PIXELS:
        raise PictureError("a JPEG of fewer scans")
    with _refusing("a whole JPEG, PNG or WebP picture"):
        turn = _UPRIGHT.get(_orientation(picture))
        if is_jpeg:  # decodes to about the size that is wanted, in a fraction of the time
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        picture.load()
        small = _as_rgb(picture)
        upright = small if turn is None else small.transpose(turn)
        upright.info = {}  # the file's metadata, some of which would be written again
        return upright


def encoded(picture: Image.Image) -> bytes:
    """Encode a picture as JPEG, without any metadata."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


@contextmanager
def _refusing(expected: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # decoders raise nearly anything
        raise PictureError(expected) from error


def _orientation(picture: Image.Image) -> int:
    """Return how the picture is to be turned, as EXIF says it; 1 where it says nothing."""
    try:
        found = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  # damaged metadata, which is dropped anyway
        return 1
    return found if isinstance(found, int) else 1


def _as_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode in _DEEP_MODES:
        picture = picture.convert("F").point(lambda value: value / 256).convert("L")
    if picture.has_transparency_data:
        picture = _reduced(picture if picture.mode == "RGBA" else picture.convert("RGBA"))
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    return _reduced(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _reduced(picture: Image.Image) -> Image.Image:
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return picture
