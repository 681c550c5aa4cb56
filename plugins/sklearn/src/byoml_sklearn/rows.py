"""The rows of a request, before it is known what the model takes: so requests may be joined before they meet it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml.plugin.matrix import as_matrix
from byoml.request_errors import MalformedPayload

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["rows_of"]


def rows_of(decoded: Any, content_type: str) -> Any:
    """Make rows of a decoded body, before the model is known to them.

    Args:
        decoded: What a codec made of the body; JSON may say `{"instances": [...]}`, rows may be objects.
        content_type: The request's, for errors.

    Returns:
        A table of float64 or of objects, or a list of mappings where rows are objects that name their features.

    Raises:
        MalformedPayload: It is no table.
    """
    import numpy as np
    from byoml.codecs import instances

    found = instances.instances(decoded)
    records = [found] if isinstance(found, dict) else found
    if isinstance(records, list) and records and all(map(_is_record, records)):
        return records
    found = instances.rows_of(found, content_type)
    if isinstance(found, np.ndarray) and found.dtype.kind in "iufb":
        return as_matrix(found, content_type, "float64")
    return _objects(found, content_type)


def _is_record(row: object) -> bool:
    """Tell an object that names its features from AWS's, which lists them under one of these keys."""
    return isinstance(row, dict) and not {"features", "data"} & set(row)


def _objects(data: Any, content_type: str) -> NDArray[np.object_]:
    """Make a table of cells that are not all numbers, each as it is."""
    import numpy as np

    rows = data.tolist() if isinstance(data, np.ndarray) else data
    if not isinstance(rows, list) or not rows:
        raise MalformedPayload(content_type, f"found {type(data).__name__}; it must hold rows, at least one")
    if not isinstance(rows[0], (list, np.ndarray)):
        rows = [rows]
    width = len(rows[0])
    for number, row in enumerate(rows, 1):
        if not isinstance(row, (list, np.ndarray)) or len(row) != width:
            raise MalformedPayload(content_type, f"the rows have different lengths; the first has {width}", number)
    table = np.empty((len(rows), width), dtype=object)
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, (list, dict)):
                raise MalformedPayload(content_type, f"{cell!r:.80} is no number and no text", row + 1, column + 1)
            table[row, column] = cell
    if not table.size:
        raise MalformedPayload(content_type, "the rows are empty")
    return table
