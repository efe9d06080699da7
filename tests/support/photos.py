"""Pictures that are made for tests, and files that claim to be some."""

import io
import zlib
from typing import Any

import numpy as np
from PIL import Image


def picture(colour: str, size: tuple[int, int] = (60, 40)) -> Image.Image:
    """A picture of one colour."""
    return Image.new("RGB", size, colour)


def noise(size: tuple[int, int], seed: int = 0, low: int = 0, high: int = 256) -> Image.Image:
    """A picture of random colours, blocks of 8 pixels each."""
    rng = np.random.default_rng(seed)
    small = rng.integers(low, high, (size[1] // 8 + 1, size[0] // 8 + 1, 3), np.uint8)
    return Image.fromarray(small.repeat(8, 0).repeat(8, 1)[: size[1], : size[0]])


def as_file(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The bytes of a picture's file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def png_of(width: int, height: int, data: bytes) -> bytes:
    """A PNG of one bit a pixel whose header claims a size, with this image data, compressed."""
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([1, 0, 0, 0, 0])
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(data, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks)
