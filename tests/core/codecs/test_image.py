"""`image/png` and `image/jpeg` to arrays of pixels."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml.codecs.image import ImageCodec
from byoml.request_errors import MalformedPayload
from byoml.testing.contract.codec import CodecContract
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed: byoml[images] brings it")
_CODEC = ImageCodec()
_PIXELS = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3) * 10


def _saved(image: Any, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _png(pixels: Any) -> bytes:
    return _saved(Image.fromarray(np.asarray(pixels, np.uint8)))


def test_a_png_is_its_pixels_to_the_bit() -> None:
    """Height x width x red, green and blue."""
    read = _CODEC.decode(_png(_PIXELS), {})
    assert read.dtype == np.uint8
    assert read.tolist() == _PIXELS.tolist()
    read[0, 0, 0] = 7  # functions scale in place


def test_a_jpeg_is_nearly_its_pixels() -> None:
    """As near as JPEG keeps them; under either name, as senders mix them up."""
    plain = np.full((16, 16, 3), (200, 100, 50), np.uint8)
    read = _CODEC.decode(_saved(Image.fromarray(plain), "JPEG", quality=95), {})
    assert read.shape == (16, 16, 3)
    assert abs(read.astype(int) - plain).max() < 6


@pytest.mark.parametrize(
    ("image", "pixel"),
    [
        (Image.new("L", (2, 2), 99), [99, 99, 99]),
        (Image.new("1", (2, 2), 1), [255, 255, 255]),
        (Image.new("RGBA", (2, 2), (1, 2, 3, 4)), [1, 2, 3]),
        (Image.new("LA", (2, 2), (9, 8)), [9, 9, 9]),
        (Image.new("RGB", (2, 2), (1, 2, 3)).quantize(), [1, 2, 3]),
        (Image.fromarray(np.full((2, 2), 0x1234, np.uint16)), [0x12, 0x12, 0x12]),
    ],
    ids=["grey", "black and white", "alpha", "grey and alpha", "palette", "16 bits"],
)
def test_whatever_the_file_holds_comes_as_rgb(image: Any, pixel: list[int]) -> None:
    """So a model sees one shape."""
    read = _CODEC.decode(_saved(image), {})
    assert read.shape == (2, 2, 3)
    assert read[0, 0].tolist() == pixel


@pytest.mark.parametrize(("channels", "pixel"), [("1", [99]), ("3", [99, 99, 99]), ("4", [99, 99, 99, 255])])
def test_a_parameter_says_how_many_channels(channels: str, pixel: list[int]) -> None:
    """Grey, colour, or colour with alpha."""
    read = _CODEC.decode(_png(np.full((1, 1), 99)), {"channels": channels})
    assert read.tolist() == [[pixel]]


def test_an_image_comes_upright() -> None:
    """Turned as its camera says it was held."""
    exif = Image.Exif()
    exif[0x0112] = 6  # the top is at the right
    read = _CODEC.decode(_saved(Image.fromarray(_PIXELS), exif=exif), {})
    assert read.tolist() == np.rot90(_PIXELS, -1).tolist()


def test_a_photograph_is_read(shared_data: Path) -> None:
    """A real one."""
    read = _CODEC.decode((shared_data / "images/cat.jpg").read_bytes(), {})
    assert read.shape[2] == 3
    assert read.std() > 10


def _claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is as large as this."""

    def chunk(name: bytes, content: bytes) -> bytes:
        whole = name + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (_claiming(2**13, 2**13 + 1), "the image has 8192 x 8193 pixels; at most 67108864"),
        (_claiming(9000, 10_000), "pixels"),
        (_claiming(2**30, 2**30), "pixels"),
        (_claiming(10, 10), "whole PNG or JPEG"),
        (b"", "no image is found"),
        (b"abc", "no image is found"),
        (_png(_PIXELS)[:-30], "whole PNG or JPEG"),
        (_saved(Image.fromarray(_PIXELS), "GIF"), "no image is found"),
        (_saved(Image.fromarray(_PIXELS), "BMP"), "no image is found"),
    ],
    ids=["large", "larger", "huge", "no pixels", "empty", "garbage", "cut", "gif", "bmp"],
)
def test_what_is_no_image_is_the_clients_fault(body: bytes, words: str) -> None:
    """No size is reserved because a file claims it, and only the two formats are ever opened."""
    with pytest.raises(MalformedPayload, match=f"the body is not valid image/png: .*{words}"):
        _CODEC.decode(body, {})


def test_a_number_of_channels_that_is_none_is_named() -> None:
    """With those that there are."""
    with pytest.raises(MalformedPayload, match="channels is '2'; it must be 1, 3, 4"):
        _CODEC.decode(_png(_PIXELS), {"channels": "2"})


class TestCodecContract(CodecContract):
    """It does not write."""

    codec = _CODEC
    values = st.nothing()
    broken = (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
