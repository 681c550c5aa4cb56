"""The rows of a request, in every content type that AWS's container reads, and some more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml.codecs.media_type import parse_media_type
from byoml.plugin.matrix import as_matrix, check_width
from byoml.request_errors import MalformedPayload

from byoml_xgboost.content_types import CSV, JSON, JSON_LINES, LIBSVM, PARQUET, RECORDS
from byoml_xgboost.long_csv import read_long
from byoml_xgboost.model_errors import LabelColumnError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from byoml.codecs import Codecs
    from byoml.codecs.media_type import MediaType
    from numpy.typing import NDArray

__all__ = ["RowReader"]

# What may stand between the cells of a line without a comma; a first line that is longer than this has shown it.
_DELIMITERS = (b"\t", b";", b"|", b" ")
_FIRST_LINE = 512


class RowReader:
    """Reads bodies for one model.

    Args:
        codecs: All codecs.
        width: How many features the model has; None where it does not say.
        names: Their names, where it knows them.
        first_index: What libsvm's indices count from where the content type does not say.
    """

    def __init__(
        self, codecs: Codecs, width: int | None, names: Sequence[str] | None = None, first_index: int = 0
    ) -> None:
        self._codecs = codecs
        self._width = width
        self._names = names
        self._first_index = first_index

    def read(self, body: bytes, content_type: str) -> NDArray[np.float32]:
        """Read a body.

        Args:
            body: What the request sends.
            content_type: Its Content-Type.

        Returns:
            Rows by features, NaN where a value is missing.

        Raises:
            MalformedPayload: The body is not of its type, or no table of numbers.
            WrongFeatureCount: The rows have another width than the model.
        """
        kind = parse_media_type(content_type)
        table = self._table(body, content_type, kind)
        if self._width is None or table.shape[1] == self._width:
            return table
        if table.shape[1] == self._width + 1:
            if kind.parameters.get("label_size") != "1":
                raise LabelColumnError(self._width, kind.essence)
            return table[:, 1:]
        check_width(table, self._width)
        return table

    def _table(self, body: bytes, content_type: str, kind: MediaType) -> NDArray[np.float32]:
        if kind.essence == CSV:
            return self._csv(body, content_type, kind)
        if kind.essence in LIBSVM:
            return self._libsvm(body, content_type, kind)
        if kind.essence in PARQUET:
            return self._frame(self._codecs.decode(body, content_type), kind.essence)
        if kind.essence == RECORDS:
            content_type = self._with_width(content_type, kind)
        value = self._codecs.decode(body, content_type)
        if kind.essence == JSON or kind.essence in JSON_LINES:
            from byoml.codecs.instances import rows_of

            value = rows_of(value, kind.essence, self._width)
        return as_matrix(value, kind.essence)

    def _csv(self, body: bytes, content_type: str, kind: MediaType) -> NDArray[np.float32]:
        if kind.parameters and ("charset" in kind.parameters or "header" in kind.parameters):
            return as_matrix(self._codecs.decode(body, content_type), CSV)
        body = _with_commas(body)
        table = read_long(body)
        return as_matrix(self._codecs.decode(body, content_type), CSV) if table is None else table

    def _libsvm(self, body: bytes, content_type: str, kind: MediaType) -> NDArray[np.float32]:
        if b":" not in body and b"," in body:
            raise MalformedPayload(kind.essence, "it looks like CSV; say Content-Type: text/csv with the request")
        content_type = self._with_width(content_type, kind)
        if "indexing" not in kind.parameters:
            content_type = f"{content_type}; indexing={self._first_index}"
        table: NDArray[np.float32] = self._codecs.decode(body, content_type)
        return table

    def _with_width(self, content_type: str, kind: MediaType) -> str:
        if self._width is None or "width" in kind.parameters:
            return content_type
        return f"{content_type}; width={self._width}"

    def _frame(self, frame: Any, content_type: str) -> NDArray[np.float32]:
        """Take a table's columns by the model's names where it has them all, else in their order."""
        if self._names and set(self._names) <= set(frame.columns):
            frame = frame[list(self._names)]
        if all(kind.kind in "iufb" for kind in frame.dtypes):
            return as_matrix(frame.to_numpy("float32"), content_type)
        return as_matrix(frame.to_numpy(object), content_type)


def _with_commas(body: bytes) -> bytes:
    """Put commas where the first lines have another delimiter and no comma, as AWS's container takes them too."""
    start = body[:_FIRST_LINE]
    if b"," in start or b'"' in start:
        return body
    first = start.strip().partition(b"\n")[0].strip()
    delimiter = next((mark for mark in _DELIMITERS if mark in first), None)
    return body if delimiter is None else body.replace(delimiter, b",")
