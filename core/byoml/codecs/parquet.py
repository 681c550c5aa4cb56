"""`application/x-parquet`: a table with named columns, read with pyarrow and pandas (the extra `parquet`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from byoml.codecs.codec import Codec
from byoml.codecs.extras import load
from byoml.request_errors import MalformedPayload

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ParquetCodec"]

_TYPE = "application/x-parquet"
_EXTRA = "parquet"
#: Runs of equal cells take next to nothing in a file: a kilobyte can hold a billion. 1 GiB of float64.
_MOST_CELLS = 2**27
#: What pages unpack to, by the file's own account; ten times what a body may have.
_MOST_BYTES = 2**30
#: Bytes of the file's description of itself, which pyarrow would otherwise build without bound.
_MOST_METADATA = 2**24


class ParquetCodec(Codec):
    """Reads a pandas DataFrame with the file's columns of numbers, texts, booleans, times and decimals.

    Texts are Python's own, as objects. Lists and structures are refused, and more than 2^27 cells. Needs
    `pip install byoml[parquet]`.
    """

    content_types: ClassVar[tuple[str, ...]] = (_TYPE, "application/vnd.apache.parquet")
    encodes: ClassVar[bool] = False

    def decode(self, body: bytes, parameters: Mapping[str, str]) -> Any:
        arrow, parquet = load("pyarrow", _TYPE, _EXTRA), load("pyarrow.parquet", _TYPE, _EXTRA)
        load("pandas", _TYPE, _EXTRA)
        limits = {"thrift_string_size_limit": _MOST_METADATA, "thrift_container_size_limit": _MOST_METADATA}
        try:
            with parquet.ParquetFile(arrow.BufferReader(body), **limits) as file:
                texts = _checked(arrow.types, file)
            # A long text that many rows share is kept once, as it is in the file.
            with parquet.ParquetFile(arrow.BufferReader(body), read_dictionary=texts, **limits) as file:
                return _frame(file.read(use_threads=False))
        except MalformedPayload:
            raise
        except Exception as error:  # noqa: BLE001  pyarrow promises no kind of error for what is no parquet file
            told = " ".join(str(error).split()).rstrip(".")  # on one line
            raise MalformedPayload(_TYPE, f"{told}; it must be a whole parquet file") from None


def _checked(types: Any, file: Any) -> list[str]:
    """Hold a file to our limits by what it says of itself; name its columns of texts and bytes."""
    schema = file.schema_arrow
    for column in schema:
        if not _readable(types, column.type):
            raise MalformedPayload(_TYPE, f"column {column.name!r} is {column.type}; a cell must be one value")
    about = file.metadata
    if about.num_rows * max(about.num_columns, 1) > _MOST_CELLS:
        found = f"{about.num_rows} rows of {about.num_columns} columns"
        raise MalformedPayload(_TYPE, f"{found} are more than {_MOST_CELLS} cells; send fewer at once")
    size = sum(about.row_group(index).total_byte_size for index in range(about.num_row_groups))
    if size > _MOST_BYTES:
        raise MalformedPayload(_TYPE, f"the file unpacks to {size} bytes; at most {_MOST_BYTES} are read")
    return [column.name for column in schema if _long(types, column.type)]


def _readable(types: Any, kind: Any) -> bool:
    if types.is_dictionary(kind):
        return _readable(types, kind.value_type)
    tests = (types.is_integer, types.is_floating, types.is_boolean, types.is_temporal, types.is_decimal, types.is_null)
    return _long(types, kind) or any(test(kind) for test in tests)


def _long(types: Any, kind: Any) -> bool:
    tests = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    return any(test(kind) for test in tests)


def _frame(table: Any) -> Any:
    """Make a frame in which equal texts share one object, whichever version of pandas makes it."""
    frame = table.to_pandas()
    for place, kind in enumerate(frame.dtypes):
        if kind.name == "category":
            frame.isetitem(place, frame.iloc[:, place].astype(object))
    return frame
