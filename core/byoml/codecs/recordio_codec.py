"""`application/x-recordio-protobuf`: features in, labels out, as AWS's algorithms do it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from byoml.codecs.codec import Codec
from byoml.codecs.recordio import RecordIOError
from byoml.codecs.recordio_protobuf import VALUES, Record, Tensor, read, write
from byoml.codecs.width import width_of
from byoml.request_errors import MalformedPayload, NotAcceptable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["RecordIOProtobufCodec"]

_TYPE = "application/x-recordio-protobuf"
_WRITABLE = ("one number, an array or list with a row for each record, or a list of mappings from names to numbers",)
_PREDICTIONS = "predictions"
# A sparse row of a few bytes may claim any width: no request gets more than this many cells (1 GiB).
_MOST_CELLS = 2**27


class RecordIOProtobufCodec(Codec):
    """Reads the features of each record as a row of floats, NaN where a sparse row says nothing; labels are ignored.

    A sparse row that does not say its width is as wide as the others, or as the parameter `width` says.

    Writes a record for each row; its label holds the numbers as float32, under `values` or by the names of a mapping.
    """

    content_types: ClassVar[tuple[str, ...]] = (_TYPE,)

    def decode(self, body: bytes, parameters: Mapping[str, str]) -> NDArray[np.floating[Any]]:
        rows: list[Tensor] = []
        try:
            for record in read(body):
                rows.append(_features(record, len(rows) + 1))
        except RecordIOError as error:
            raise MalformedPayload(_TYPE, error.reason, error.record) from None
        if not rows:
            raise MalformedPayload(_TYPE, "there is no record")
        width = _common_width(rows, width_of(parameters, _TYPE))
        table = np.empty((len(rows), width), np.result_type(*{_float_type(row) for row in rows}))
        for index, row in enumerate(rows):
            table[index] = row.row(width)
        return table

    def encode(self, value: object) -> bytes:
        if isinstance(value, dict) and value.keys() == {_PREDICTIONS}:
            value = value[_PREDICTIONS]
        stream = io.BytesIO()
        try:
            write(stream, [Record(label=label) for label in _labels(value)])
        except (TypeError, ValueError) as error:  # what numpy makes no numbers of
            raise NotAcceptable(_TYPE, _WRITABLE, str(error)) from None
        return stream.getvalue()


def _features(record: Record, number: int) -> Tensor:
    features = record.features.get(VALUES)
    if isinstance(features, Tensor):
        return features
    found = ", ".join(sorted(record.features)) or "none"
    what = "bytes" if features is not None else f"no features {VALUES!r}, only: {found}"
    raise MalformedPayload(_TYPE, f"the record has {what}; its features must be a tensor named {VALUES!r}", number)


def _float_type(row: Tensor) -> np.dtype[Any]:
    return np.dtype(np.float32 if row.values.dtype == np.float32 else np.float64)


def _common_width(rows: list[Tensor], told: int | None) -> int:
    """Find the width of all rows; a sparse row without a shape is as wide as the others, or as is told."""
    said = [(number, row) for number, row in enumerate(rows, 1) if row.keys is None or row.shape]
    width = said[0][1].width if said else told or max(row.width for row in rows)
    for number, row in enumerate(rows, 1):
        fits = row.width == width if row.keys is None or row.shape else row.width <= width
        if not fits:
            other = "others have" if said else "the width is"
            raise MalformedPayload(_TYPE, f"the record has {row.width} features, and {other} {width}", number)
    if width * len(rows) > _MOST_CELLS:
        reason = f"{len(rows)} records of {width} features are more than {_MOST_CELLS} cells; send fewer at once"
        raise MalformedPayload(_TYPE, reason)
    return width


def _labels(value: object) -> list[dict[str, Tensor]]:
    if isinstance(value, dict):
        value = [value]
    if isinstance(value, (list, tuple)) and value and all(isinstance(row, dict) for row in value):
        return [{str(name): _label(one) for name, one in row.items()} for row in value]
    table = np.asarray(value)
    return [{VALUES: _label(row)} for row in np.atleast_1d(table)]


def _label(values: object) -> Tensor:
    numbers = np.asarray(values)
    if numbers.dtype.kind not in "fiub":
        raise TypeError(f"a label of the prediction is a {type(values).__name__} of {numbers.dtype}")
    return Tensor(numbers.astype(np.float32).ravel())
