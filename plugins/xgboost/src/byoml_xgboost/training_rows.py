"""The rows of a channel, whatever files they came in: features, labels, weights and groups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Rows", "joined", "no_rows"]


@dataclass(frozen=True)
class Rows:
    """Examples to learn from.

    Args:
        features: Rows by columns of float32, NaN where a value is missing; or a CSR matrix of scipy, in which what is
            not stored is missing, and the width is what its largest index needs.
        labels: One a row, float32.
        weights: One a row, float32; None: all weigh the same.
        groups: Of ranking, the query that each row belongs to; None: there are none.
    """

    features: Any
    labels: NDArray[np.floating[Any]]
    weights: NDArray[np.floating[Any]] | None = None
    groups: NDArray[np.integer[Any]] | None = None

    @property
    def sparse(self) -> bool:
        return not hasattr(self.features, "__array__")

    @property
    def width(self) -> int:
        return int(self.features.shape[1])

    def __len__(self) -> int:
        return len(self.labels)

    def widened(self, width: int) -> Rows:
        """Give sparse rows more columns, in which nothing stands."""
        if not self.sparse or width == self.width:
            return self
        import scipy.sparse

        parts = (self.features.data, self.features.indices, self.features.indptr)
        return replace(self, features=scipy.sparse.csr_matrix(parts, shape=(len(self), width)))

    def dense(self) -> Any:
        """Give the features as an array, NaN where nothing is stored."""
        if not self.sparse:
            return self.features
        import numpy as np

        table = np.full(self.features.shape, np.nan, np.float32)
        cells = self.features.tocoo()
        table[cells.row, cells.col] = cells.data
        return table

    def taken(self, which: NDArray[np.integer[Any]]) -> Rows:
        """Take some rows, in the order of their numbers."""
        weights = None if self.weights is None else self.weights[which]
        groups = None if self.groups is None else self.groups[which]
        return Rows(self.features[which], self.labels[which], weights, groups)

    def grouped(self) -> Rows:
        """Bring the rows of each group together, as XGBoost wants them."""
        import numpy as np

        if self.groups is None or (np.diff(self.groups) >= 0).all():
            return self
        return self.taken(np.argsort(self.groups, kind="stable"))


def no_rows(width: int) -> Rows:
    """Make the rows of a host that has no data."""
    import numpy as np

    return Rows(np.empty((0, width), np.float32), np.empty(0, np.float32))


def joined(parts: Sequence[Rows]) -> Rows:
    """Put rows of several files one below the other.

    Args:
        parts: At least one; dense ones have the same width. Where only some have weights, or groups, none have.

    Returns:
        All rows, sparse where all parts are.
    """
    if len(parts) == 1:
        return parts[0]
    import numpy as np

    if all(part.sparse for part in parts):
        import scipy.sparse

        width = max(part.width for part in parts)
        features = scipy.sparse.vstack([part.widened(width).features for part in parts], format="csr")
    else:
        width = max(part.width for part in parts)
        features = np.concatenate([part.widened(width).dense() for part in parts])
    return Rows(
        features,
        np.concatenate([part.labels for part in parts]),
        _together([part.weights for part in parts]),
        _together([part.groups for part in parts]),
    )


def _together(arrays: Sequence[NDArray[Any] | None]) -> NDArray[Any] | None:
    import numpy as np

    found = [array for array in arrays if array is not None]
    return np.concatenate(found) if len(found) == len(arrays) else None
