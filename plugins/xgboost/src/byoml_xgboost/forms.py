"""What the bytes of a file are: a model of one of XGBoost's forms, or whose else."""

from __future__ import annotations

import re
import struct
from enum import Enum
from typing import NamedTuple

__all__ = ["Form", "Found", "look", "release_of"]

_MAGIC = b"binf"
# The old binary form begins with 136 bytes of numbers; then comes a name with its length before it.
_NUMBERS = 136
_RELEASE_AT = 20
_LONGEST_NAME = 64
_NAME = re.compile(rb"[a-z]+:[a-z]+")
# How a model ends: in JSON, and in UBJ, where small integers are marked `i` or `U`.
_TAIL = 80
_IN_JSON = re.compile(rb'"version":\s*\[(\d+),\s*(\d+),\s*(\d+)\]')
_IN_UBJ = re.compile(rb"version\[#L\0{7}\x03[iU](.)[iU](.)[iU](.)\}", re.DOTALL)
_OTHERS = (
    (b"PK\x03\x04", "a zip archive, as Keras, PyTorch and skops write their models"),
    (b"\x89HDF", "an HDF5 file, as Keras writes its models"),
    (b"\x1f\x8b", "a gzip archive, such as a model.tar.gz that was not unpacked"),
    (b"CBM1", "a model of CatBoost"),
    (b"tree\n", "a model of LightGBM"),
    (b"booster[", "a text dump of XGBoost's, which cannot be loaded again"),
    (b"[", "a JSON dump of XGBoost's, which cannot be loaded again"),
    (b"\x93NUMPY", "an array of numpy's"),
)


class Form(Enum):
    """How a model is written."""

    SAVED = "UBJ or JSON"
    BINARY = "the old binary form"
    PICKLE = "a pickle"
    OTHER = "none of XGBoost's"


class Found(NamedTuple):
    """What a file is; `told` says it in words, `release` is the one that wrote it, where it is known."""

    form: Form
    told: str
    release: str | None = None


def look(content: bytes | bytearray) -> Found:
    """Tell what a file is from its first and last bytes.

    Args:
        content: All of it.

    Returns:
        Its form.
    """
    if content.startswith(b"{"):
        return Found(Form.SAVED, "UBJ or JSON", release_of(content))
    if content.startswith(b"\x80"):
        return Found(Form.PICKLE, "a pickle")
    binary = content.removeprefix(_MAGIC)
    if len(binary) < len(content) or _names_objective(binary):
        release = _binary_release(binary)
        return Found(Form.BINARY, "XGBoost's old binary form", release)
    if not content:
        return Found(Form.OTHER, "it is empty")
    other = next((told for start, told in _OTHERS if content.startswith(start)), None)
    return Found(Form.OTHER, f"it is neither UBJ nor JSON, but {other}" if other else "it is neither UBJ nor JSON")


def release_of(content: bytes | bytearray) -> str | None:
    """Read which release of XGBoost wrote a model, such as `3.2.0`; None where it does not say."""
    tail = bytes(content[-_TAIL:])
    if found := _IN_JSON.search(tail):
        return ".".join(part.decode() for part in found.groups())
    if found := _IN_UBJ.search(tail):
        return ".".join(str(part[0]) for part in found.groups())
    return None


def _names_objective(binary: bytes | bytearray) -> bool:
    length = int.from_bytes(binary[_NUMBERS : _NUMBERS + 8], "little")
    name = binary[_NUMBERS + 8 :][:length]
    return 0 < length < _LONGEST_NAME and _NAME.fullmatch(name) is not None


def _binary_release(binary: bytes | bytearray) -> str | None:
    """Read the release, which 1.0 began to write."""
    if len(binary) < _NUMBERS:
        return None
    major, minor = struct.unpack_from("<II", binary, _RELEASE_AT)
    return f"{major}.{minor}" if 0 < major < _LONGEST_NAME else "before 1.0"
