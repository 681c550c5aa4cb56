"""`application/x-recordio-protobuf` as requests and answers use it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from byoml.codecs.recordio_codec import RecordIOProtobufCodec
from byoml.codecs.recordio_protobuf import VALUES, Bytes, Record, Tensor, read, write
from byoml.request_errors import MalformedPayload, NotAcceptable
from byoml.testing.contract.codec import CodecContract
from hypothesis import strategies as st

_CODEC = RecordIOProtobufCodec()


def _body(*features: Tensor | Bytes | None) -> bytes:
    stream = io.BytesIO()
    label = {VALUES: Tensor(np.array([9.0]))}
    write(stream, [Record({} if one is None else {VALUES: one}, label) for one in features])
    return stream.getvalue()


def _sparse(width: int | None, **values: float) -> Tensor:
    keys = np.array([int(key[1:]) for key in values], np.uint64)
    return Tensor(np.array([*values.values()], np.float32), keys, () if width is None else (width,))


def _dense(*values: float, dtype: str = "float32") -> Tensor:
    return Tensor(np.array(values, dtype))


def _labels(body: bytes) -> list[dict[str, list[float]]]:
    labels = []
    for record in read(body):
        assert not record.features
        tensors = {name: one for name, one in record.label.items() if isinstance(one, Tensor)}
        assert {one.values.dtype for one in tensors.values()} == {np.dtype(np.float32)}
        labels.append({name: one.values.tolist() for name, one in tensors.items()})
    return labels


@pytest.mark.parametrize(("dtype", "read_as"), [("float32", "float32"), ("float64", "float64"), ("int32", "float64")])
def test_dense_records_are_the_rows_of_an_array(dtype: str, read_as: str) -> None:
    """Float32 stays; a label in a request is ignored."""
    table = _CODEC.decode(_body(_dense(1, 2, dtype=dtype), _dense(3, 4, dtype=dtype)), {})
    assert (table.tolist(), table.dtype) == ([[1, 2], [3, 4]], np.dtype(read_as))


def test_sparse_records_are_filled_with_nan_to_the_common_width() -> None:
    """By shape, by the other records' width, or by the largest key; a row may be wholly absent."""
    nan = np.nan
    body = _body(_sparse(3, k1=5), _sparse(3), _sparse(None, k0=7), _dense(1, 2, 3))
    np.testing.assert_array_equal(_CODEC.decode(body, {}), [[nan, 5, nan], [nan] * 3, [7, nan, nan], [1, 2, 3]])
    narrow = _body(_sparse(None, k0=1), _sparse(None, k2=2))
    np.testing.assert_array_equal(_CODEC.decode(narrow, {}), [[1, nan, nan], [nan, nan, 2]])


def test_sparse_records_that_say_no_width_have_that_of_the_content_type() -> None:
    """A record that ends early is as wide as the model's; one that is wider than it may be is told."""
    body = _body(_sparse(None, k0=1), _sparse(None, k2=2))

    assert RecordIOProtobufCodec().decode(body, {"width": "5"}).shape == (2, 5)
    assert RecordIOProtobufCodec().decode(_body(_dense(1, 2)), {"width": "5"}).shape == (1, 2)
    with pytest.raises(MalformedPayload, match="at row 2: the record has 3 features, and the width is 2"):
        RecordIOProtobufCodec().decode(body, {"width": "2"})
    with pytest.raises(MalformedPayload, match="width of the content type is 'x'; it must be a whole number from 1"):
        RecordIOProtobufCodec().decode(body, {"width": "x"})


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "there is no record"),
        (b"1,2\n", "at row 1: it begins with"),
        (_body(_dense(1))[:-4], "at row 1: the stream ends after"),
        (_body(_dense(1), None), "at row 2: the record has no features 'values', only: none"),
        (_body(Bytes((b"x",))), "at row 1: the record has bytes"),
        (_body(_dense(1, 2), _dense(1)), "at row 2: the record has 1 features, and others have 2"),
        (_body(_dense(1, 2), _sparse(None, k5=1)), "at row 2: the record has 6 features, and others have 2"),
        (_body(_sparse(2**40, k1=1)), "more than 134217728 cells"),
        (_body(_sparse(None, k18446744073709551615=1)), "cells"),
    ],
)
def test_a_body_that_is_no_table_is_malformed_and_names_its_row(body: bytes, says: str) -> None:
    """No record is skipped silently, as AWS's reader skips them; and a few bytes cannot ask for all memory."""
    with pytest.raises(MalformedPayload, match=says):
        _CODEC.decode(body, {})


@pytest.mark.parametrize(
    ("prediction", "labels"),
    [
        (np.array([0.25, 0.5]), [{VALUES: [0.25]}, {VALUES: [0.5]}]),
        ([[1, 2], [3, 4]], [{VALUES: [1, 2]}, {VALUES: [3, 4]}]),
        (3, [{VALUES: [3]}]),
        (np.array([True, False]), [{VALUES: [1]}, {VALUES: [0]}]),
        ([{"score": 0.5, "classes": [0, 1]}], [{"score": [0.5], "classes": [0, 1]}]),
        ({"predictions": [{"score": 0.5}, {"score": 1}]}, [{"score": [0.5]}, {"score": [1]}]),
        ({"score": 0.5}, [{"score": [0.5]}]),
        ([], []),
    ],
)
def test_an_answer_is_a_record_with_labels_for_each_row(prediction: Any, labels: list[dict[str, list[float]]]) -> None:
    """Float32 labels, as AWS's answers; each record holds its own row alone."""
    assert _labels(_CODEC.encode(prediction)) == labels


@pytest.mark.parametrize("prediction", ["text", ["a"], [None], [[1], [1, 2]], [{"a": "b"}], {"a": None}, object()])
def test_what_is_no_number_cannot_be_answered_so(prediction: object) -> None:
    """The error says what could be written."""
    with pytest.raises(NotAcceptable, match="a row for each record"):
        _CODEC.encode(prediction)


class TestCodecContract(CodecContract):
    """What all codecs keep."""

    codec = _CODEC
    values = st.just([1.0])
    broken = (b"", b"garbage!", _body(_dense(1))[:-5])
    known_failures = {"what_is_written_is_read_back": "answers are labels, and requests are features"}  # noqa: RUF012
