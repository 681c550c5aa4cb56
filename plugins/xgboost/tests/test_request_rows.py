"""The rows of a request, whatever they came as: the model sees the same numbers."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml.codecs.recordio_protobuf import VALUES, Record, Tensor, write
from byoml.request_errors import MalformedPayload, UnsupportedContentType
from byoml_xgboost.long_csv import read_long

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture(scope="module")
def rows(cancer: Mapping[str, Any]) -> Any:
    return cancer["validation"][:4, 1:]


@pytest.fixture(scope="module")
def expected(booster: Any, rows: Any) -> list[float]:
    """What XGBoost itself says of the rows."""
    predictions: list[float] = booster.inplace_predict(rows.astype("float32")).tolist()
    return predictions


@pytest.fixture(scope="module")
def ask(asked: Any, model_dir: Path) -> Any:
    return asked(model_dir)


def csv_of(rows: Any, delimiter: str = ",") -> str:
    return "".join(delimiter.join(map(repr, row)) + "\n" for row in rows.tolist())


def libsvm_of(rows: Any, first: int = 0, label: str = "1 ") -> str:
    lines = (" ".join(f"{index}:{value!r}" for index, value in enumerate(row, first)) for row in rows.tolist())
    return "".join(f"{label}{line}\n" for line in lines)


def records_of(tensors: list[Tensor]) -> bytes:
    stream = io.BytesIO()
    write(stream, [Record(features={VALUES: tensor}) for tensor in tensors])
    return stream.getvalue()


def parquet_of(rows: Any, names: list[str]) -> bytes:
    arrow = pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    from pyarrow import parquet

    stream = io.BytesIO()
    parquet.write_table(arrow.table([list(column) for column in rows.T], names=names), stream)
    return stream.getvalue()


def with_label(rows: Any) -> Any:
    return np.column_stack([np.ones(len(rows)), rows])


def test_every_type_gives_the_same_predictions(ask: Any, rows: Any, expected: list[float]) -> None:
    """To the last digit: a number is the same float32, whatever text or bytes it came as."""
    listed = rows.tolist()
    npy = io.BytesIO()
    np.save(npy, rows)
    bodies = {
        "text/csv": csv_of(rows),
        "text/csv; charset=utf-8; header=present": ",".join("a" * 30) + "\n" + csv_of(rows),
        "text/libsvm": libsvm_of(rows),
        "text/x-libsvm": libsvm_of(rows, label=""),
        "application/json": json.dumps(listed),
        "application/json; charset=utf-8": json.dumps({"instances": [{"features": row} for row in listed]}),
        "application/jsonlines": "".join(json.dumps(row) + "\n" for row in listed),
        "application/x-jsonlines": "".join(
            json.dumps({"data": {"features": {"values": row}}}) + "\n" for row in listed
        ),
        "application/x-recordio-protobuf": records_of([Tensor(row) for row in rows]),
        "application/x-npy": npy.getvalue(),
    }

    assert {kind: ask.numbers(body, kind) for kind, body in bodies.items()} == dict.fromkeys(bodies, expected)


@pytest.mark.parametrize("delimiter", ["\t", ";", "|", " "], ids=["tab", "semicolon", "bar", "blank"])
def test_other_delimiters_than_commas_are_taken_too(ask: Any, rows: Any, expected: Any, delimiter: str) -> None:
    """AWS's container looks which it is; here the first line says it where it has no comma."""
    assert ask.numbers(csv_of(rows, delimiter)) == expected


def test_a_label_column_is_dropped_where_the_content_type_says_that_there_is_one(
    ask: Any, rows: Any, expected: Any
) -> None:
    """Which columns are features is never guessed; rows without a label may be sent with the same content type."""
    labelled = csv_of(with_label(rows))

    assert ask.numbers(labelled, "text/csv; label_size=1") == expected
    assert ask.numbers(csv_of(rows), "text/csv; label_size=1") == expected
    assert ask.numbers(csv_of(rows), "text/csv; label_size=0") == expected
    with pytest.raises(MalformedPayload, match=r"must have 30 features.*got 31; if the first is .* label_size=1"):
        ask(labelled)


def test_a_missing_column_is_noticed(ask: Any, rows: Any) -> None:
    """AWS's container predicts from whatever comes; here no row of another width is."""
    for kind, body in {
        "text/csv": csv_of(rows[:, 1:]),
        "application/json": json.dumps(rows[:, 1:].tolist()),
        "application/x-recordio-protobuf": records_of([Tensor(row) for row in rows[:, 1:]]),
    }.items():
        with pytest.raises(MalformedPayload, match=r"each row must have 30 features, as the model was .*; got 29"):
            ask(body, kind)


def test_libsvm_counts_from_0_as_training_does_and_from_1_where_that_is_said(
    asked: Any, ask: Any, model_dir: Path, rows: Any, expected: Any
) -> None:
    """By the content type or by the variable; never by what other rows of the request hold."""
    from_one = libsvm_of(rows, first=1)
    other = asked(model_dir, {"BYOML_XGBOOST_LIBSVM_INDEXING": "1"})

    assert ask.numbers(from_one, "text/libsvm; indexing=1") == expected
    assert other.numbers(from_one, "text/libsvm") == expected
    assert other.numbers(libsvm_of(rows), "text/libsvm; indexing=0") == expected
    with pytest.raises(MalformedPayload, match="index 30 is beyond a width of 30"):
        ask(from_one, "text/libsvm")


def test_sparse_rows_are_as_wide_as_the_model(ask: Any, booster: Any) -> None:
    """What is absent is missing; a row may end early, or say nothing at all, and is a row still."""
    rows = np.full((3, 30), np.nan, "float32")
    rows[0, 2], rows[1, 20] = 100, 0.5
    expected = booster.inplace_predict(rows).tolist()
    keys = [np.flatnonzero(~np.isnan(row)).astype("uint64") for row in rows]
    shapes: list[tuple[int, ...]] = [(), (), (30,)]
    tensors = [Tensor(row[each], each, shape) for row, each, shape in zip(rows, keys, shapes, strict=True)]
    features: list[dict[str, Any]] = [
        {"values": [100], "keys": [2]},
        {"values": [0.5], "keys": [20]},
        {"values": [], "keys": [], "shape": [30]},
    ]
    instances = [{"features": each} for each in features]

    assert ask.numbers("1 2:100\n0 20:0.5\n0\n", "text/libsvm") == expected
    assert ask.numbers(records_of(tensors), "application/x-recordio-protobuf") == expected
    assert ask.numbers(json.dumps({"instances": instances}), "application/json") == expected


def test_sparse_and_dense_requests_that_wait_together_are_put_together_rightly(ask: Any, rows: Any) -> None:
    """Narrow sparse rows and dense rows of one batch get what each gets alone; one that is too narrow fails alone."""
    requests = [
        (csv_of(rows[:1]).encode(), "text/csv"),
        (b"0 3:1\n0 1:2\n", "text/libsvm"),
        (b"1,2,3,4\n", "text/csv"),
        (b"0 29:1\n", "text/libsvm"),
    ]
    together = ask.together(*requests, accept="text/csv")

    assert "each row must have 30 features" in str(together[2])
    assert [together[0], together[1], together[3]] == [ask(*requests[place]) for place in (0, 1, 3)]


def test_missing_values_are_missing_in_every_type(ask: Any, booster: Any, rows: Any) -> None:
    """An empty cell, null and NaN; the numbers beside them are as they are."""
    row = rows[:1].astype("float32")
    row[0, [0, 5]] = np.nan
    expected = booster.inplace_predict(row).tolist()
    cells = [None if np.isnan(cell) else cell for cell in row[0].tolist()]

    assert ask.numbers(",".join("" if cell is None else repr(cell) for cell in cells)) == expected
    assert ask.numbers(json.dumps([cells]), "application/json") == expected
    assert ask.numbers(parquet_of(row, [f"c{n}" for n in range(30)]), "application/x-parquet") == expected


def test_columns_of_parquet_are_found_by_the_models_names(asked: Any, tmp_path: Path) -> None:
    """In any order and beside others, such as the label; without names they count in their order."""
    import xgboost as xgb

    table = np.random.default_rng(0).random((20, 3), dtype="float32")
    model = xgb.train({"nthread": 1}, xgb.DMatrix(table, table[:, 0], feature_names=["a", "b", "c"]), 3)
    model.save_model(tmp_path / "xgboost-model.ubj")
    ask, expected = asked(tmp_path), model.inplace_predict(table).tolist()
    swapped = table[:, [2, 0, 1]]

    assert ask.numbers(parquet_of(swapped, ["c", "a", "b"]), "application/x-parquet") == expected
    assert ask.numbers(parquet_of(with_label(table), ["y", "a", "b", "c"]), "application/x-parquet") == expected
    assert ask.numbers(parquet_of(table, ["0", "1", "2"]), "application/vnd.apache.parquet") == expected
    labelled = parquet_of(with_label(table), ["0", "1", "2", "3"])
    assert ask.numbers(labelled, "application/x-parquet; label_size=1") == expected


def test_a_text_in_a_table_is_named_by_row_and_column(ask: Any) -> None:
    """A column of texts is no feature."""
    rows = np.ones((2, 30)).astype(object)
    rows[:, 3] = ["1", "red"]
    with pytest.raises(MalformedPayload, match="at row 2, column 4: 'red' is not a number"):
        ask(parquet_of(rows, list(map(str, range(30)))), "application/x-parquet")


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        ("1,2,3", "text/libsvm", "it looks like CSV; say Content-Type: text/csv"),
        ("", "text/csv", "there is no row"),
        ("a,b\n", "text/csv", "row 1, column 1: 'a' is not a number"),
        ("0 1:x\n", "text/libsvm", "'1:x' is not index:value"),
        (b"PAR1", "application/x-parquet", "must be a whole parquet file"),
        (b"\0" * 16, "application/x-recordio-protobuf", "RecordIO begins each record with"),
        ('{"rows": []}', "application/json", "found an object with 'rows'"),
    ],
)
def test_a_body_that_is_no_table_says_what_would_be_one(ask: Any, body: Any, content_type: str, says: str) -> None:
    """The client sees what was found, and what to send."""
    with pytest.raises(MalformedPayload, match=says):
        ask(body, content_type)


def test_other_types_are_refused_with_those_that_are_read(ask: Any) -> None:
    """All of them, so that the client can choose."""
    with pytest.raises(UnsupportedContentType, match=r"text/csv, text/libsvm, .*x-recordio-protobuf"):
        ask("x", "text/plain")


def test_long_bodies_of_plain_numbers_are_read_by_pyarrow() -> None:
    """Number for number; what is more than plain numbers is left to CSV's codec."""
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    table = np.random.default_rng(0).normal(size=(400, 20)).astype("float32")
    table[0] = np.arange(20)
    body = csv_of(table).encode()

    read = read_long(body)
    assert read is not None
    assert (read.dtype.name, read.tolist()) == ("float32", table.tolist())
    for other in (body + b"1,2\n", b"x" + body, body + b"\n" * 2, b"," + body[1:], body[:100]):
        assert read_long(other) is None
