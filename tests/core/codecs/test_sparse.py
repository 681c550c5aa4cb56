"""Sparse matrices of npz files, with scipy and without."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from byoml.codecs import sparse
from byoml.codecs.npz import NpzCodec
from byoml.request_errors import MalformedPayload
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

_CODEC = NpzCodec()
_FORMATS = ("csr", "csc", "coo", "bsr", "dia")


@pytest.fixture
def scipy_sparse() -> Any:
    return pytest.importorskip("scipy.sparse", reason="scipy is not installed: its matrices are read as dense arrays")


def _file(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _example(scipy_sparse: Any, kind: str) -> Any:
    return scipy_sparse.random(6, 4, 0.4, format=kind, random_state=3)


@pytest.mark.parametrize("kind", _FORMATS)
@pytest.mark.parametrize("compressed", [True, False])
def test_every_format_that_scipy_saves_is_read_as_csr(kind: str, compressed: bool, scipy_sparse: Any) -> None:  # noqa: FBT001
    """With the same cells; matrices as matrices, arrays as arrays."""
    matrix = _example(scipy_sparse, kind)
    for value in (matrix, getattr(scipy_sparse, f"{kind}_array")(matrix)):
        file = io.BytesIO()
        scipy_sparse.save_npz(file, value, compressed=compressed)
        read = _CODEC.decode(file.getvalue(), {})
        assert isinstance(read, scipy_sparse.csr_matrix) is isinstance(value, scipy_sparse.spmatrix)
        assert (read.format, read.dtype) == ("csr", value.dtype)
        np.testing.assert_array_equal(read.toarray(), value.toarray())


def test_a_sparse_prediction_is_written_as_scipy_does(scipy_sparse: Any) -> None:
    """In CSR form, whichever it has."""
    matrix = _example(scipy_sparse, "csc")
    read = scipy_sparse.load_npz(io.BytesIO(_CODEC.encode(matrix)))
    np.testing.assert_array_equal(read.toarray(), matrix.toarray())


_WITHOUT = """
import sys
sys.modules["scipy"] = sys.modules["scipy.sparse"] = None  # as if it were not installed
import numpy
from byoml.codecs.npz import NpzCodec
from byoml.request_errors import MalformedPayload
try:
    print(NpzCodec().decode(sys.stdin.buffer.read(), {}).tolist())
except MalformedPayload as error:
    print(error)
"""


def _without_scipy(body: bytes) -> str:
    done = subprocess.run([sys.executable, "-c", _WITHOUT], input=body, capture_output=True, check=True)
    return done.stdout.decode().strip()


_PARTS: dict[str, dict[str, Any]] = {
    "csr": {"indptr": [0, 1, 3], "indices": [1, 0, 2], "data": [1, 2, 3]},
    "csc": {"indptr": [0, 1, 2, 3], "indices": [1, 0, 1], "data": [2, 1, 3]},
    "coo": {"row": [0, 1, 1], "col": [1, 0, 2], "data": [1, 2, 3]},
    "bsr": {"indptr": [0, 1, 2], "indices": [0, 0], "data": [[[0, 1, 0]], [[2, 0, 3]]]},
    "dia": {"offsets": [1, -1], "data": [[9, 1, 3], [2, 9, 9]]},
}


def _matrix(kind: str, **changes: Any) -> bytes:
    parts = {"format": np.array(kind.encode()), "shape": [2, 3], **_PARTS[kind], **changes}
    return _file(**{name: np.asarray(part) for name, part in parts.items() if part is not None})


@pytest.mark.parametrize("kind", _FORMATS)
def test_without_scipy_a_matrix_is_dense(kind: str) -> None:
    """Absent cells are nought."""
    assert _without_scipy(_matrix(kind)) == "[[0, 1, 0], [2, 0, 3]]"


def test_without_scipy_cells_stored_twice_are_summed() -> None:
    """As scipy does."""
    body = _matrix("coo", row=[0, 0], col=[1, 1], data=[1, 2])
    assert _without_scipy(body) == "[[0, 3, 0], [0, 0, 0]]"


def test_without_scipy_no_matrix_is_made_dense_that_no_request_needs() -> None:
    """A file of a few hundred bytes may claim any width."""
    assert "a dense matrix of 2 x 1000000000 is more than" in _without_scipy(_matrix("csr", shape=[2, 10**9]))


_BROKEN = {
    "no such format": _matrix("csr", format=b"xyz"),
    "several formats": _matrix("csr", format=[b"csr", b"csc"]),
    "no data": _matrix("csr", data=None),
    "column out of bounds": _matrix("csr", indices=[1, 0, 3]),
    "negative column": _matrix("csr", indices=[1, 0, -1]),
    "row out of bounds": _matrix("coo", row=[0, 1, 2]),
    "bounds run backwards": _matrix("csr", indptr=[0, 5, 3]),
    "bounds begin late": _matrix("csr", indptr=[1, 1, 3]),
    "bounds beyond the items": _matrix("csr", indptr=[0, 1, 10**12]),
    "too few bounds": _matrix("csr", indptr=[0, 3]),
    "too many rows for the bounds": _matrix("csr", shape=[10**7, 3]),
    "more rows than are read": _matrix("coo", shape=[10**12, 3]),
    "negative shape": _matrix("coo", shape=[-2, 3]),
    "three dimensions": _matrix("coo", shape=[2, 3, 4]),
    "huge shape": _matrix("csr", shape=np.array([2**63, 2**63], np.uint64)),
    "indices are floats": _matrix("csr", indices=[1.0, 0.0, 2.0]),
    "texts as cells": _matrix("csr", data=["a", "b", "c"]),
    "fewer cells than places": _matrix("coo", data=[1]),
    "blocks of no height": _matrix("bsr", data=np.zeros((2, 0, 3))),
    "blocks that are flat": _matrix("bsr", data=[1, 2]),
    "blocks out of bounds": _matrix("bsr", indices=[0, 1]),
    "diagonals without offsets": _matrix("dia", offsets=[1]),
    "flat diagonals": _matrix("dia", data=[1, 2]),
}


@pytest.mark.parametrize("body", _BROKEN.values(), ids=_BROKEN)
def test_parts_that_make_no_matrix_are_the_clients_fault(body: bytes) -> None:
    """Scipy's own code would read and write outside of its arrays with such indices."""
    with pytest.raises(MalformedPayload, match=r"the body is not valid application/x-npz: .*(sparse|parts)"):
        _CODEC.decode(body, {})


@given(
    st.sampled_from(_FORMATS),
    st.dictionaries(
        st.sampled_from(["indptr", "indices", "data", "row", "col", "offsets", "shape"]),
        hnp.arrays(st.sampled_from(["i8", "i4", "f8", "u8", "U1"]), hnp.array_shapes(max_dims=3, max_side=4)),
        max_size=3,
    ),
)
def test_no_parts_break_the_reader(kind: str, changes: dict[str, Any]) -> None:
    """They make a matrix of the shape that they say, or are refused."""
    parts = {"format": np.array(kind.encode()), "shape": np.array([2, 3])}
    parts |= {name: np.asarray(part) for name, part in _PARTS[kind].items()} | changes
    try:
        matrix = sparse.read_sparse(parts)
    except sparse.SparseError as error:
        assert str(error)  # noqa: PT017  most are refused
    else:
        assert list(matrix.shape) == parts["shape"].tolist()
