"""What the SDK's serializers send is read as it was meant (contract/inference 4.4 and C-21)."""

from __future__ import annotations

import io
import json
import math
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

_NPY = "application/x-npy"
_NUMBERS: dict[str, list[list[float]]] = {
    "1 row": [[1.5, 2.0, 3.25]],
    "N rows": [[1.5, 2.0], [3.0, 4.0], [5.0, 6.0]],
    "1 column": [[1.5], [2.0], [3.0]],
    "1 cell": [[5.5]],
    "NaN": [[1.5, math.nan], [3.0, 4.0]],
}
_TEXTS = {
    "unicode": [["é", "中"], ["ß", "x"]],
    "quoted comma": [["a, b", 'c"d'], ["e", "f"]],
    "1 text": [["a, b"]],
}


def _frame(rows: Any) -> Any:
    import pandas as pd

    return pd.DataFrame(rows)


def _sparse(rows: Any) -> Any:
    import scipy.sparse

    return scipy.sparse.csr_matrix(np.asarray(rows, dtype=float).reshape(len(rows), -1))


def _libsvm(rows: Any) -> str:
    return "\n".join(" ".join(["0", *(f"{index}:{cell}" for index, cell in enumerate(row))]) for row in rows)


def _as_is(rows: Any) -> Any:
    return rows


# Serializer, and what is handed to it.
_WAYS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "csv of lists": ("CSVSerializer", _as_is),
    "csv of an array": ("CSVSerializer", np.asarray),
    "csv of a frame": ("CSVSerializer", _frame),
    "npy of lists": ("NumpySerializer", _as_is),
    "npy of an array": ("NumpySerializer", np.asarray),
    "json of lists": ("JSONSerializer", _as_is),
    "json of an array": ("JSONSerializer", np.asarray),
    "json lines": ("JSONLinesSerializer", _as_is),
    "npz": ("SparseMatrixSerializer", _sparse),
    "libsvm": ("LibSVMSerializer", _libsvm),
    "records": ("RecordSerializer", np.asarray),
}
_OF_NUMBERS_ALONE = ("npz", "libsvm", "records")


def _serializer(sdk: Any, name: str) -> Any:
    return (getattr(sdk.serializers, name, None) or getattr(sdk.records, name))()


def _read_back(sdk: Any, send: Send, way: str, rows: Any) -> Answer:
    name, make = _WAYS[way]
    serializer = _serializer(sdk, name)
    return send(serializer.serialize(make(rows)), serializer.CONTENT_TYPE, _NPY)


def _table(answer: Answer) -> Any:
    assert (answer.status, answer.headers["content-type"]) == (200, _NPY), answer.body
    return np.load(io.BytesIO(answer.body), allow_pickle=False)


@pytest.mark.parametrize("case", _NUMBERS)
@pytest.mark.parametrize("way", _WAYS)
def test_numbers_arrive_as_rows_of_the_same_numbers(way: str, case: str, sdk: Any, send: Send) -> None:
    """One row, many, one column, one cell, cells without a value: always rows x cells."""
    table = _table(_read_back(sdk, send, way, _NUMBERS[case]))
    wanted = np.array(_NUMBERS[case])
    assert table.shape == wanted.shape
    np.testing.assert_array_equal(table.astype(float), wanted)


@pytest.mark.parametrize("case", _TEXTS)
@pytest.mark.parametrize("way", [way for way in _WAYS if way not in _OF_NUMBERS_ALONE])
def test_texts_arrive_as_rows_of_the_same_texts(way: str, case: str, sdk: Any, send: Send) -> None:
    """Unicode, commas and quotes come through whatever quotes or escapes them."""
    table = _table(_read_back(sdk, send, way, _TEXTS[case]))
    assert table.tolist() == _TEXTS[case]


@pytest.mark.parametrize("way", ["csv of lists", "csv of an array", "npy of lists", "npy of an array"])
def test_the_sdk_itself_refuses_to_send_nothing_in_some_forms(way: str, sdk: Any, send: Send) -> None:
    """So no server sees it."""
    with pytest.raises(ValueError, match="empty array"):
        _read_back(sdk, send, way, [])


@pytest.mark.parametrize("way", ["csv of a frame", "json lines", "libsvm"])
def test_nothing_is_no_table(way: str, sdk: Any, send: Send) -> None:
    """A body without a row is 400, and says so."""
    answer = _read_back(sdk, send, way, [])
    assert answer.status == 400
    error = json.loads(answer.body)
    assert error["type"] == "MalformedPayload"
    assert "there is no " in error["message"]


@pytest.mark.parametrize("way", ["json of lists", "json of an array"])
def test_an_empty_list_of_json_is_an_empty_array(way: str, sdk: Any, send: Send) -> None:
    """It is a value like any other."""
    assert _table(_read_back(sdk, send, way, [])).shape == (0,)


def test_an_empty_cell_of_csv_is_not_a_number(sdk: Any, send: Send) -> None:
    """The SDK sends None as nothing between two commas."""
    table = _table(_read_back(sdk, send, "csv of lists", [[1, None, 3], [4, 5, 6]]))
    np.testing.assert_array_equal(table, [[1, math.nan, 3], [4, 5, 6]])


def test_a_flat_list_of_csv_is_one_row(sdk: Any, send: Send) -> None:
    """And stays two-dimensional."""
    assert _table(_read_back(sdk, send, "csv of lists", [1, 2, 3])).tolist() == [[1, 2, 3]]


def test_objects_arrive_as_they_were(sdk: Any, send: Send) -> None:
    """JSON in one text or in lines."""
    for name, value in (("JSONSerializer", {"a": [1, "é"]}), ("JSONLinesSerializer", [{"a": 1}, {"a": None}])):
        serializer = _serializer(sdk, name)
        answer = send(serializer.serialize(value), serializer.CONTENT_TYPE, "application/json")
        assert json.loads(answer.body) == value


_UNTOUCHED: list[tuple[str, Any, str, bytes]] = [
    ("StringSerializer", "é, 中\n", "text/plain", "é, 中\n".encode()),
    ("IdentitySerializer", b"\x80\x04K\x01.", "application/octet-stream", b"\x80\x04K\x01."),
    ("DataSerializer", b"\x00\x01", "application/octet-stream", b"\x00\x01"),
]


@pytest.mark.parametrize("case", _UNTOUCHED, ids=[case[0] for case in _UNTOUCHED])
def test_texts_and_bytes_go_through_untouched(case: tuple[str, Any, str, bytes], sdk: Any, send: Send) -> None:
    """Pickles too, which stay bytes."""
    name, value, accept, body = case
    serializer = _serializer(sdk, name)
    answer = send(serializer.serialize(value), serializer.CONTENT_TYPE, accept)
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, accept, body)


def test_a_tensor_arrives_as_an_array(sdk: Any, send: Send) -> None:
    """It is npy under another name."""
    torch = pytest.importorskip("torch", reason="torch is not installed, which TorchTensorSerializer needs")
    serializer = _serializer(sdk, "TorchTensorSerializer")
    answer = send(serializer.serialize(torch.ones(2, 3)), serializer.CONTENT_TYPE, _NPY)
    assert _table(answer).tolist() == [[1, 1, 1]] * 2


def test_pickled_objects_are_refused(sdk: Any, send: Send) -> None:
    """The SDK pickles an array of objects without a word."""
    answer = _read_back(sdk, send, "npy of an array", np.array([[1, "a"]], dtype=object))
    assert (answer.status, json.loads(answer.body)["type"]) == (400, "MalformedPayload")
