"""What the server answers is what the SDK's deserializers read (contract/inference 4.4 and C-20)."""

from __future__ import annotations

import io
import json
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if find_spec("sagemaker") is None:
    pytest.skip("the SageMaker SDK is not installed; the tox environment `sdk` brings it", allow_module_level=True)

if TYPE_CHECKING:
    from collections.abc import Callable

    from serve_process import Answer

    Send = Callable[[Any, str, str], Answer]

_ROWS = [[1.5, 2.0], [3.0, 4.0]]
_TYPES = ("text/csv", "application/json", "application/x-npy")


def _deserialized(deserializer: Any, send: Send, rows: Any = None) -> tuple[Any, str]:
    """Ask with a deserializer's own Accept, and read with it; give the value and the answer's content type."""
    from botocore.response import StreamingBody

    accept = deserializer.ACCEPT if isinstance(deserializer.ACCEPT, tuple) else (deserializer.ACCEPT,)
    answer = send(json.dumps(_ROWS if rows is None else rows), "application/json", ", ".join(accept))
    assert answer.status == 200, answer.body
    content_type = answer.headers["content-type"]
    return deserializer.deserialize(
        StreamingBody(io.BytesIO(answer.body), len(answer.body)), content_type
    ), content_type


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CSVDeserializer", [["1.5", "2.0"], ["3.0", "4.0"]]),
        ("JSONDeserializer", _ROWS),
        ("JSONLinesDeserializer", _ROWS),
        ("StringDeserializer", "[[1.5, 2.0], [3.0, 4.0]]"),
        ("BytesDeserializer", b"[[1.5, 2.0], [3.0, 4.0]]"),
    ],
)
def test_a_prediction_is_read_back(name: str, value: Any, sdk: Any, send: Send) -> None:
    """In the form that each of them gives."""
    assert _deserialized(getattr(sdk.deserializers, name)(), send)[0] == value


def test_a_stream_is_what_was_sent(sdk: Any, send: Send) -> None:
    """With its content type."""
    (stream, kind), _ = _deserialized(sdk.deserializers.StreamDeserializer(), send)
    assert (json.loads(stream.read()), kind) == (_ROWS, "application/json")


@pytest.mark.parametrize("accept", _TYPES)
def test_arrays_are_read_from_each_type_that_numpy_deserializer_knows(accept: str, sdk: Any, send: Send) -> None:
    """It compares content types as texts, so a parameter in the answer would break it."""
    array, content_type = _deserialized(sdk.deserializers.NumpyDeserializer(accept=accept), send)
    assert content_type == accept
    assert np.asarray(array, dtype=float).tolist() == _ROWS


def test_an_npz_is_read_as_an_archive(sdk: Any, send: Send) -> None:
    """Whose one array has numpy's name."""
    archive, _ = _deserialized(sdk.deserializers.NumpyDeserializer(accept="application/x-npz"), send)
    assert archive["arr_0"].tolist() == _ROWS


def test_of_a_tuple_of_types_one_is_answered(sdk: Any, send: Send) -> None:
    """The first; pandas takes its first row for names, so functions that answer it as CSV must write them."""
    frame, content_type = _deserialized(sdk.deserializers.PandasDeserializer(), send)
    assert content_type == "text/csv"
    assert [float(name) for name in frame.columns] == _ROWS[0]


def test_a_frame_is_read_from_json(sdk: Any, send: Send) -> None:
    """From rows, and from columns with names."""
    deserializer = sdk.deserializers.PandasDeserializer(accept="application/json")
    assert _deserialized(deserializer, send)[0].to_numpy().tolist() == _ROWS
    columns = {"a": {"0": 1, "1": 2}, "b": {"0": 3, "1": 4}}
    assert _deserialized(deserializer, send, columns)[0].to_dict("list") == {"a": [1, 2], "b": [3, 4]}


def test_records_are_read_with_a_label_each(sdk: Any, send: Send) -> None:
    """By the SDK's own protobuf classes."""
    records, _ = _deserialized(sdk.records.RecordDeserializer(), send)
    assert [list(record.label["values"].float32_tensor.values) for record in records] == _ROWS


def test_texts_with_commas_and_quotes_are_read_from_csv(sdk: Any, send: Send) -> None:
    """And from JSON lines."""
    rows = [["a, b", 'c"d'], ["é", ""]]
    assert _deserialized(sdk.deserializers.CSVDeserializer(), send, rows)[0] == rows
    assert _deserialized(sdk.deserializers.JSONLinesDeserializer(), send, rows)[0] == rows


def test_a_tensor_is_read(sdk: Any, send: Send) -> None:
    """From npy under another name."""
    pytest.importorskip("torch", reason="torch is not installed, which TorchTensorDeserializer needs")
    tensor, content_type = _deserialized(sdk.deserializers.TorchTensorDeserializer(), send)
    assert (tensor.tolist(), content_type) == (_ROWS, "tensor/pt")
