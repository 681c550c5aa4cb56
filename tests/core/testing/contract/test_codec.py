"""core's own codecs pass the suite for codecs, and a codec with a fault does not."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from byoml.codecs.csv import CsvCodec
from byoml.codecs.json import JsonCodec
from byoml.codecs.npy import NpyCodec
from byoml.testing.contract.codec import CodecContract
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

_INTEGERS = st.integers(-(2**63), 2**63 - 1)
_FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def tables(cells: st.SearchStrategy[float]) -> st.SearchStrategy[list[list[float]]]:
    return st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=5)
    )


class TestCsv(CodecContract):
    """Tables of whole numbers, and of others."""

    codec = CsvCodec()
    values = tables(_INTEGERS) | tables(_FLOATS)
    broken = (b"", b"1,2\n3\n", b'1,"2\n', b"\xff\xfe1")


class TestJson(CodecContract):
    """Whatever JSON has."""

    codec = JsonCodec()
    values = st.recursive(
        st.none() | st.booleans() | _INTEGERS | _FLOATS | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=8,
    )
    broken = (b"", b"{", b"[1, 2", b"nothing", b"\xff")

    def same(self, written: object, read: object) -> bool:
        """Regular lists come back as arrays, which say the same once they are lists again."""
        return bool(written == (read.tolist() if isinstance(read, np.ndarray) else read))


class TestNpy(CodecContract):
    """Arrays of numbers."""

    codec = NpyCodec()
    values = st.sampled_from([np.arange(6).reshape(2, 3), np.array([0.5, np.nan]), np.array(["a", "b"]), np.array(3)])
    broken = (b"", b"\x93NUMPY", b"1,2,3")


_FAULTY = """
from byoml.codecs import Codec
from byoml.request_errors import MalformedPayload
from byoml.testing.contract.codec import CodecContract
from hypothesis import strategies as st

class Mine(Codec):
    content_types = ({content_type!r},)
    def decode(self, body, parameters):
        {decode}
    def encode(self, value):
        return value.encode()

class TestMine(CodecContract):
    codec = Mine()
    values = st.text()
    broken = (b"\\xff",)
"""
_RIGHT = """try:
            return body.decode()
        except UnicodeDecodeError as error:
            raise MalformedPayload("text/plain", str(error)) from None"""


@pytest.mark.parametrize(
    ("content_type", "decode", "failing"),
    [
        ("text/plain", _RIGHT, set()),
        ("Text/Plain; charset=utf-8", _RIGHT, {"content_types_are_plain_media_types"}),
        ("text/plain", "return body.decode()", {"broken_bodies_are_malformed", "no_bytes_at_all_break_the_codec"}),
        (
            "text/plain",
            'return body.decode("latin-1")',
            {"broken_bodies_are_malformed", "what_is_written_is_read_back"},
        ),
    ],
    ids=["no-fault", "content-type", "other-exception", "not-read-back"],
)
def test_each_fault_fails_the_checks_that_are_about_it(
    tmp_path: Path, content_type: str, decode: str, failing: set[str]
) -> None:
    """A codec without a fault passes; with one, the checks of that property fail and the others pass."""
    (tmp_path / "test_mine.py").write_text(_FAULTY.format(content_type=content_type, decode=decode))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-rf", "-p", "no:cacheprovider", str(tmp_path)]

    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    failed = {line.partition("::test_")[2].split(" ")[0] for line in told.splitlines() if line.startswith("FAILED")}
    assert failed == failing, told
