"""Sparse matrices as `scipy.sparse.save_npz` stores them: checked here, and made with scipy where it is installed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["SparseError", "read_sparse"]

#: A file of a few hundred bytes can claim any shape: 1 GiB of float64 where it is made dense.
_MOST_CELLS = 2**27
_LARGEST = 2**62
#: And scipy reserves eight bytes a row, whether anything stands in it or not.
_MOST_ROWS = 2**24


class SparseError(ValueError):
    """The parts are none of a matrix; the text says why."""


@dataclass(frozen=True, eq=False)
class _Triplets:
    """The stored cells of a matrix; of cells stored twice the sum counts."""

    shape: tuple[int, int]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[Any]

    def dense(self) -> NDArray[Any]:
        if self.shape[0] * self.shape[1] > _MOST_CELLS:
            raise SparseError(f"a dense matrix of {self.shape[0]} x {self.shape[1]} is more than {_MOST_CELLS} cells")
        matrix = np.zeros(self.shape, self.values.dtype)
        np.add.at(matrix, (self.rows, self.columns), self.values)
        return matrix


def read_sparse(arrays: Mapping[str, NDArray[Any]]) -> Any:
    """Make a matrix of the members of an npz file that holds one.

    Args:
        arrays: The members by name, `format` among them.

    Returns:
        A CSR matrix of scipy, or where scipy is not installed a dense array.

    Raises:
        SparseError: The members are none of a sparse matrix; no index is trusted, as scipy's own code does not check.
    """
    name = str(arrays["format"].astype(str)) if arrays["format"].size == 1 else ""
    if name not in _READERS:
        raise SparseError(f"the sparse format is {name!r}; it must be one of {', '.join(_READERS)}")
    try:
        cells = _checked(_READERS[name](arrays, _shape(arrays)))
    except KeyError as error:
        raise SparseError(f"a sparse matrix of format {name} has no array {error}") from None
    except (ArithmeticError, IndexError, TypeError, ValueError) as error:
        raise SparseError(f"the parts of the sparse matrix do not fit: {error}") from None
    try:
        import scipy.sparse
    except ModuleNotFoundError:
        return cells.dense()
    kind = scipy.sparse.coo_array if arrays.get("_is_array", np.False_).any() else scipy.sparse.coo_matrix
    return kind((cells.values, (cells.rows, cells.columns)), shape=cells.shape).tocsr()


def _shape(arrays: Mapping[str, NDArray[Any]]) -> tuple[int, int]:
    rows, columns = (int(size) for size in _indices(arrays["shape"]))
    if rows > _MOST_ROWS:
        raise ValueError(f"{rows} rows; at most {_MOST_ROWS} are read")
    return rows, columns


def _indices(array: NDArray[Any], least: int = 0) -> NDArray[np.int64]:
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise TypeError(f"indices are one row of integers; found {array.ndim} dimensions of {array.dtype}")
    if array.size and (array.min() < least or array.max() > _LARGEST):
        raise ValueError(f"an index is {array.min()} or {array.max()}")
    return array.astype(np.int64)


def _checked(cells: _Triplets) -> _Triplets:
    if cells.values.dtype.kind not in "biufc":
        raise TypeError(f"the cells are {cells.values.dtype}; they must be numbers")
    if cells.values.ndim != 1:
        raise ValueError(f"the cells have {cells.values.ndim} dimensions")
    if not len(cells.rows) == len(cells.columns) == len(cells.values):
        raise ValueError(f"{len(cells.rows)} rows, {len(cells.columns)} columns, {len(cells.values)} values")
    for what, found, size in zip(("row", "column"), (cells.rows, cells.columns), cells.shape, strict=True):
        if found.size and (found.min() < 0 or found.max() >= size):
            raise ValueError(f"a {what} is {found.min()} or {found.max()}, of {size}")
    return cells


def _coo(arrays: Mapping[str, NDArray[Any]], shape: tuple[int, int]) -> _Triplets:
    # Scipy 1.15 and newer name the places `coords`, one row of them a dimension.
    rows, columns = arrays["coords"] if "coords" in arrays else (arrays["row"], arrays["col"])
    return _Triplets(shape, _indices(rows), _indices(columns), arrays["data"])


def _compressed(arrays: Mapping[str, NDArray[Any]], major: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Read the two indices of each stored item: the compressed one, repeated, and the one that is written."""
    bounds, minor = _indices(arrays["indptr"]), _indices(arrays["indices"])
    counts = np.diff(bounds)
    if len(bounds) != major + 1 or bounds[0] or (counts < 0).any() or bounds[-1] > len(minor):
        raise ValueError(f"indptr of length {len(bounds)} does not divide {len(minor)} items among {major}")
    return np.repeat(np.arange(major), counts), minor[: bounds[-1]]


def _csr(arrays: Mapping[str, NDArray[Any]], shape: tuple[int, int]) -> _Triplets:
    rows, columns = _compressed(arrays, shape[0])
    return _Triplets(shape, rows, columns, arrays["data"][: len(columns)])


def _csc(arrays: Mapping[str, NDArray[Any]], shape: tuple[int, int]) -> _Triplets:
    columns, rows = _compressed(arrays, shape[1])
    return _Triplets(shape, rows, columns, arrays["data"][: len(rows)])


def _bsr(arrays: Mapping[str, NDArray[Any]], shape: tuple[int, int]) -> _Triplets:
    """Read blocks, each a small dense matrix."""
    blocks = arrays["data"]
    _, height, width = blocks.shape
    down, across = _compressed(arrays, shape[0] // height)
    blocks = blocks[: len(across)]
    rows = np.broadcast_to((down * height)[:, None, None] + np.arange(height)[:, None], blocks.shape)
    columns = np.broadcast_to((across * width)[:, None, None] + np.arange(width), blocks.shape)
    return _Triplets(shape, rows.ravel(), columns.ravel(), blocks.ravel())


def _dia(arrays: Mapping[str, NDArray[Any]], shape: tuple[int, int]) -> _Triplets:
    """Read diagonals; item j of one stands in column j."""
    offsets = _indices(arrays["offsets"], -_LARGEST)
    values = arrays["data"]
    if len(offsets) != len(values):
        raise ValueError(f"{offsets.size} offsets of {len(values)} diagonals")
    columns = np.broadcast_to(np.arange(values.shape[1]), values.shape)
    rows = columns - offsets[:, None]
    inside = (rows >= 0) & (rows < shape[0]) & (columns < shape[1])
    return _Triplets(shape, rows[inside], columns[inside], values[inside])


_READERS = {"csr": _csr, "csc": _csc, "coo": _coo, "bsr": _bsr, "dia": _dia}
