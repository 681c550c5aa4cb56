"""`image/png` and `image/jpeg`: pixels, read with Pillow (the extra `images`)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from byoml.codecs.codec import Codec
from byoml.codecs.extras import load
from byoml.request_errors import MalformedPayload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from PIL.Image import Image

__all__ = ["ImageCodec"]

_TYPE = "image/png"
_FORMATS = ("PNG", "JPEG")
_MODES = {"1": "L", "3": "RGB", "4": "RGBA"}
_DEFAULT_CHANNELS = "3"
#: A file of a few kilobytes can claim any size. More than cameras give: 200 MB as RGB, and a copy while it is turned.
_MOST_PIXELS = 2**26


class ImageCodec(Codec):
    """Reads an image as a uint8 array of height x width x channels: RGB, whatever the file holds, and upright.

    The parameter `channels` makes it 1 (grey) or 4 (with alpha) instead of 3. PNG and JPEG are told by their bytes;
    there may be 2^26 pixels. Needs `pip install byoml[images]`.
    """

    content_types: ClassVar[tuple[str, ...]] = (_TYPE, "image/jpeg", "application/x-image")
    encodes: ClassVar[bool] = False

    def decode(self, body: bytes, parameters: Mapping[str, str]) -> NDArray[np.uint8]:
        channels = parameters.get("channels", _DEFAULT_CHANNELS)
        if channels not in _MODES:
            raise MalformedPayload(_TYPE, f"the parameter channels is {channels!r}; it must be {', '.join(_MODES)}")
        pillow = load("PIL.Image", _TYPE, "images")
        try:
            with pillow.open(io.BytesIO(body), formats=_FORMATS) as image:
                _check_size(image)
                pixels = np.array(_upright(image).convert(_MODES[channels]))
        except MalformedPayload:
            raise
        except Exception as error:  # noqa: BLE001  Pillow promises no kind of error for what is no image
            raise MalformedPayload(_TYPE, f"{_worded(error)}; it must be a whole PNG or JPEG file") from None
        return pixels.reshape(*pixels.shape[:2], int(channels))


def _check_size(image: Image) -> None:
    if image.width * image.height > _MOST_PIXELS:
        found = f"the image has {image.width} x {image.height} pixels"
        raise MalformedPayload(_TYPE, f"{found}; at most {_MOST_PIXELS} are read")


def _upright(image: Image) -> Image:
    """Turn an image as its camera says, and bring 16 bits a pixel to 8, which Pillow would cut off."""
    from PIL import Image, ImageOps

    turned: Image.Image = ImageOps.exif_transpose(image)
    if turned.mode.startswith("I"):
        return Image.fromarray((np.asarray(turned).astype(np.uint32) >> 8).astype(np.uint8))
    return turned


def _worded(error: Exception) -> str:
    """Say what Pillow says, without the address of our buffer."""
    text = str(error)
    return "no image is found in it" if "cannot identify" in text else text or type(error).__name__
