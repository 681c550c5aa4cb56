"""RecordIO-protobuf: tensors dense and sparse, labels, bytes, and AWS's own files."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml.codecs.recordio import RecordIOError
from byoml.codecs.recordio_protobuf import VALUES, Bytes, Record, Tensor, read, write
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_TYPES = (np.float32, np.float64, np.int32)


def _written(*records: Record) -> bytes:
    stream = io.BytesIO()
    write(stream, records)
    return stream.getvalue()


def _again(record: Record) -> Record:
    (read_back,) = read(_written(record))
    return read_back


def _tensor(record: Record, name: str = VALUES) -> Tensor:
    tensor = record.features[name]
    assert isinstance(tensor, Tensor)
    return tensor


def test_a_record_stands_on_the_wire_as_its_proto_says() -> None:
    """features=1 and label=2 are maps; int32_tensor=7, float32_tensor=2; values=1, keys=2, shape=3, all packed."""
    record = Record(
        {VALUES: Tensor(np.array([300, -1]), np.array([0, 7], np.uint64), (9,))},
        {VALUES: Tensor(np.array([0.5], np.float32))},
        uid="u",
    )
    values = b"\x0a\x0c" + b"\xac\x02" + b"\xff" * 9 + b"\x01" + b"\x12\x02\x00\x07" + b"\x1a\x01\x09"
    feature = b"\x0a\x06values" + b"\x12\x17" + b"\x3a\x15" + values
    label = b"\x0a\x06values" + b"\x12\x08" + b"\x12\x06" + b"\x0a\x04\x00\x00\x00\x3f"
    assert record.to_bytes() == b"\x0a\x21" + feature + b"\x12\x12" + label + b"\x1a\x01u"


@given(
    values=st.sampled_from(_TYPES).flatmap(lambda kind: arrays.arrays(kind, st.integers(0, 40))),
    data=st.data(),
)
def test_a_tensor_comes_back_as_it_was(values: NDArray[Any], data: st.DataObject) -> None:
    """Dense and sparse, each of the three types, NaN and negative numbers included."""
    keys = None
    if values.size and data.draw(st.booleans()):
        places = data.draw(st.lists(st.integers(0, 2**64 - 1), min_size=values.size, max_size=values.size, unique=True))
        keys = np.array(places, np.uint64)

    tensor = _tensor(_again(Record({VALUES: Tensor(values, keys)})))

    assert tensor.values.dtype == values.dtype
    np.testing.assert_array_equal(tensor.values, values)
    assert (tensor.keys is None) == (keys is None)
    if keys is not None and tensor.keys is not None:
        assert tensor.keys.tolist() == keys.tolist()


@pytest.mark.parametrize(
    ("given", "becomes"),
    [("int64", "int32"), ("uint8", "int32"), ("bool", "int32"), ("float16", "float64"), ("float32", "float32")],
)
def test_other_types_become_one_of_the_three(given: str, becomes: str) -> None:
    """AWS's writer has the same table: int64 goes as int32."""
    tensor = _tensor(_again(Record({VALUES: Tensor(np.array([0, 1], given))})))
    assert (tensor.values.dtype, tensor.values.tolist()) == (np.dtype(becomes), [0, 1])


def test_an_integer_of_more_than_32_bits_is_refused() -> None:
    """Rather than cut, as AWS's writer cuts it."""
    with pytest.raises(ValueError, match="32 bits; found 1 to 4294967296"):
        _written(Record({VALUES: Tensor(np.array([1, 2**32]))}))
    with pytest.raises(ValueError, match="holds numbers; found"):
        _written(Record({VALUES: Tensor(np.array(["a"]))}))


def test_bytes_and_texts_come_back() -> None:
    """Images, ids and metadata."""
    image = Bytes((b"\xff\xd8", b""), "image/jpeg")
    record = _again(Record({"image": image}, {"class": Tensor(np.array([3]))}, "é", "{}", "cfg"))
    assert (record.features, record.uid, record.metadata, record.configuration) == ({"image": image}, "é", "{}", "cfg")
    label = record.label["class"]
    assert isinstance(label, Tensor)
    assert label.values.tolist() == [3]


def test_a_sparse_row_has_nan_where_nothing_is_said() -> None:
    """Its width is its shape's, else its last key's and one."""
    row = Tensor(np.array([5, 6]), np.array([1, 3], np.uint64))
    np.testing.assert_array_equal(row.row(), [np.nan, 5, np.nan, 6])
    wider = Tensor(np.array([5], np.float32), np.array([1], np.uint64), (3,))
    np.testing.assert_array_equal(wider.row(), np.array([np.nan, 5, np.nan], np.float32))
    assert wider.row().dtype == np.float32


def test_numbers_that_are_not_packed_are_read_too() -> None:
    """Every proto2 reader must; here two int32 values, one field each, and a field that nobody knows."""
    message = b"\x0a\x12" + b"\x0a\x06values" + b"\x12\x08" + b"\x3a\x04\x08\x01\x08\x02" + b"\x78\x01"
    assert _tensor(Record.from_bytes(message + b"\x50\x01")).values.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (b"\x0a\x7fshort", "ends at byte"),
        (b"\xff" * 11, "does not end"),
        (b"\x0a\x11\x0a\x06\x76\x61\x6c\x75\x65\x73\x12\x07\x3a\x05\x0d\x00\x00\x00\x00", "integers are varints"),
        (
            b"\x0a\x1a\x0a\x06\x76\x61\x6c\x75\x65\x73\x12\x10\x3a\x0e\x0a\x0c\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            "a number has 12 bytes",
        ),
        (b"\x0a\x11\x0a\x06\x76\x61\x6c\x75\x65\x73\x12\x07\x1a\x05\x0d\x00\x00\x00\x00", "float64 has another"),
        (b"\x0b\x0c", "wire type 3"),
        (b"\x08\x01", "and not a block"),
        (b"\x1a\x01\xff", "utf-8"),
        (b"\x0a\x0f\x0a\x06values\x12\x05\x12\x03\x0a\x01\x00", "no whole number of float32"),
        (b"\x0a\x12\x0a\x06values\x12\x08\x3a\x06\x0a\x01\x01\x12\x01\x80", "does not end"),
        (b"\x0a\x13\x0a\x06values\x12\x09\x3a\x07\x0a\x01\x01\x12\x02\x01\x02", "2 keys and 1 values"),
        (b"\x0a\x15\x0a\x06values\x12\x0b\x3a\x09\x0a\x01\x01\x12\x01\x05\x1a\x01\x05", "width 5 has a value at key 5"),
    ],
)
def test_a_broken_message_is_an_error_that_names_its_record(message: bytes, says: str) -> None:
    """With what was found in it."""
    framed = b"\x0a\x23\xd7\xce" + len(message).to_bytes(4, "little") + message + bytes(-len(message) % 4)
    with pytest.raises(RecordIOError, match=f"record 2: it is no aialgs.data.Record: .*{says}"):
        list(read(_written(Record()) + framed))


@given(message=st.binary(max_size=80))
def test_no_bytes_at_all_break_the_reader(message: bytes) -> None:
    """They are a record, or a ValueError."""
    for start in (b"", b"\x0a\x12\x0a\x06values\x12\x08\x3a\x06"):
        try:
            Record.from_bytes(start + message)
        except ValueError:
            continue


_A = [1.0, 0, 0, 0, 0]
_B = [0, 1.0, 0, 0, 0]
_SPARSE = {
    "diagonal": [(0, 0), (1, 1), (2, 2)],
    "single_value_top_left": [(0, 0)],
    "single_value_top_right": [(0, 2)],
    "single_value_center": [(1, 1)],
    "single_value_bot_left": [(2, 0)],
    "single_value_bot_right": [(2, 2)],
    "dense_as_sparse": [(row, column) for row in range(3) for column in range(3)],
    "rectangular_sparse": [(0, 0), (1, 0), (2, 0), (3, 0)],
}


@pytest.fixture
def aws_files(shared_data: Path) -> Path:
    folder = shared_data / "xgboost/data/recordio_protobuf"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    return folder


def _table(path: Path) -> tuple[list[list[float]], list[float]]:
    rows, labels = [], []
    with path.open("rb") as file:
        for record in read(file):
            label = record.label[VALUES]
            assert isinstance(label, Tensor)
            rows.append(_tensor(record).row().tolist())
            labels += label.values.tolist()
    return rows, labels


@pytest.mark.parametrize("name", ["train.pb", "pb_files/train.pb"])
def test_aws_dense_files_are_read_right(aws_files: Path, name: str) -> None:
    """Int32 features and labels."""
    rows, labels = _table(aws_files / name)
    assert (rows, labels) == ([_A, _A, _A, _A, _B], [0, 0, 0, 0, 1])


def test_aws_sparse_file_has_nan_for_what_is_absent(aws_files: Path) -> None:
    """The same rows, of which only the ones are said."""
    rows, labels = _table(aws_files / "sparse/train.pb")
    assert labels == [0, 0, 0, 0, 1]
    np.testing.assert_array_equal(np.nan_to_num(rows), [_A, _A, _A, _A, _B])
    assert np.isnan(rows).sum() == 20


@pytest.mark.parametrize("name", _SPARSE)
def test_aws_sparse_edge_cases_are_read_right(aws_files: Path, name: str) -> None:
    """Rows of which all is absent have a shape alone."""
    rows, labels = _table(aws_files / f"sparse_edge_cases/{name}.pbr")
    expected = np.full((4 if name == "rectangular_sparse" else 3, 3), np.nan)
    for place in _SPARSE[name]:
        expected[place] = 1
    np.testing.assert_array_equal(rows, expected)
    assert labels == [1.0] * len(rows)


def test_what_aws_wrote_is_written_again_byte_for_byte(aws_files: Path) -> None:
    """The dense file goes through reader and writer unchanged."""
    body = (aws_files / "train.pb").read_bytes()
    assert _written(*read(body)) == body
