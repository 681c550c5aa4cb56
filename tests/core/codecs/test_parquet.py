"""`application/x-parquet` to a DataFrame."""

from __future__ import annotations

import datetime as dt
import decimal
import io
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from byoml.codecs.parquet import ParquetCodec
from byoml.request_errors import MalformedPayload
from byoml.testing.contract.codec import CodecContract
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_REASON = "is not installed: byoml[parquet] brings it"
pd = pytest.importorskip("pandas", reason=f"pandas {_REASON}")
pa = pytest.importorskip("pyarrow", reason=f"pyarrow {_REASON}")
pq = pytest.importorskip("pyarrow.parquet", reason=f"pyarrow {_REASON}")
_CODEC = ParquetCodec()


def _saved(columns: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), file, **options)
    return file.getvalue()


def test_columns_keep_their_names_and_kinds() -> None:
    """Numbers, texts, booleans, times and decimals; what is absent is absent."""
    columns = {
        "whole": [1, 2],
        "float": [1.5, None],
        "text": ["é", "a, b"],
        "yes": [True, False],
        "time": [dt.datetime(2020, 1, 2), None],  # noqa: DTZ001  tables seldom say the zone
        "exact": [decimal.Decimal("1.25"), None],
        "bytes": [b"x", b""],
        "none": pa.nulls(2),
    }
    frame = _CODEC.decode(_saved(columns), {})
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == list(columns)
    assert (frame["whole"].dtype, frame["float"].dtype, frame["yes"].dtype) == (np.int64, np.float64, np.bool_)
    assert frame["text"].tolist() == ["é", "a, b"]
    assert frame["text"].dtype == object
    assert frame["time"].iloc[0].year == 2020
    assert frame["exact"].iloc[0] == decimal.Decimal("1.25")
    assert frame["bytes"].tolist() == [b"x", b""]
    assert frame.isna().sum().tolist() == [0, 1, 0, 0, 1, 1, 0, 2]


def test_what_pandas_writes_is_what_pandas_reads() -> None:
    """Categories come as texts, the index as it was."""
    written = pd.DataFrame({"a": [1, 2], "b": pd.Categorical(["x", "y"])}, index=["one", "two"])
    file = io.BytesIO()
    written.to_parquet(file)
    read = _CODEC.decode(file.getvalue(), {})
    assert read.to_dict() == {"a": {"one": 1, "two": 2}, "b": {"one": "x", "two": "y"}}


def test_one_column_of_numbers_stays_a_table() -> None:
    """As it does for every other type."""
    assert np.asarray(_CODEC.decode(_saved({"a": [1.0, 2.0]}), {})).shape == (2, 1)


def test_columns_of_one_name_and_odd_names_are_read() -> None:
    """A dot, nothing, or the same again."""
    table = pa.table([pa.array(["x"]), pa.array(["y"]), pa.array(["z"])], names=["a.b", "", "\u4e2d"])
    assert _CODEC.decode(_saved(table), {}).to_numpy().tolist() == [["x", "y", "z"]]


@pytest.mark.parametrize(
    "column",
    [[[1, 2], [3]], [{"a": 1}, {"a": 2}], pa.array([b"ab", b"cd"], pa.binary(2))],
    ids=["list", "struct", "fixed"],
)
def test_a_cell_is_one_value(column: Any) -> None:
    """Lists and structures have no place in a table."""
    with pytest.raises(MalformedPayload, match=r"column 'a' is .*; a cell must be one value"):
        _CODEC.decode(_saved({"a": column}), {})


_WHOLE = _saved({"a": [1, 2, 3], "b": ["x", "y", "x"]})


@pytest.mark.parametrize(
    "body",
    [b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1", _WHOLE[:-1], _WHOLE[10:], b"PAR1" + b"\xff" * 8 + b"PAR1"],
    ids=["empty", "sign", "noughts", "cut", "late", "length"],
)
def test_what_is_no_parquet_is_the_clients_fault(body: bytes) -> None:
    """Whatever pyarrow calls it."""
    with pytest.raises(MalformedPayload, match=r"the body is not valid application/x-parquet: .*whole parquet file"):
        _CODEC.decode(body, {})


def test_runs_of_equal_cells_are_counted_before_they_are_made() -> None:
    """A file of some kilobytes can hold any number of them."""
    body = _saved({"a": np.zeros(2**24, np.int8), **{f"{n}": np.zeros(2**24, np.int8) for n in range(8)}})
    assert len(body) < 2**20
    with pytest.raises(MalformedPayload, match="16777216 rows of 9 columns are more than 134217728 cells"):
        _CODEC.decode(body, {})


def test_a_long_text_that_many_rows_share_is_kept_once() -> None:
    """Ten gigabytes, if each row had its own."""
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(10_000, np.int32)), pa.array(["x" * 2**20]))
    body = _saved({"a": column}, store_schema=False, dictionary_pagesize_limit=2**30)
    frame = _CODEC.decode(body, {})
    assert len({id(text) for text in frame["a"]}) == 1
    assert pa.default_memory_pool().max_memory() < 2**30


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.integers(0, len(_WHOLE) - 1), st.integers(1, 255))
def test_a_changed_byte_is_another_table_or_refused(place: int, change: int) -> None:
    """Never another error."""
    body = bytearray(_WHOLE)
    body[place] ^= change
    with suppress(MalformedPayload):
        _CODEC.decode(bytes(body), {})


class TestCodecContract(CodecContract):
    """It does not write."""

    codec = _CODEC
    values = st.nothing()
    broken = (b"", b"PAR1", b"abc")
