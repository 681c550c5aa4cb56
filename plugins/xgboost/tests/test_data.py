"""The data of a channel in each of its forms, and what is said of data that cannot be used."""

from __future__ import annotations

import io
import os
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from byoml.codecs.recordio_protobuf import Record, Tensor, write
from byoml.environment.channels import Channel
from byoml.errors import ConfigurationError
from byoml.plugin.channel_files import ChannelDataError
from byoml_xgboost import libsvm_lines
from byoml_xgboost.data import load
from byoml_xgboost.training_rows import Rows, joined
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

_ABSENT = np.nan


def loaded(path: Path, content_type: str | None = None, *, weighted: bool = False) -> Rows:
    rows = load(Channel("train", path, content_type=content_type), weighted=weighted)
    assert rows is not None
    return rows


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(path: Path, content: str | bytes, content_type: str, *, weighted: bool = False) -> str:
    with pytest.raises(ConfigurationError) as caught:
        loaded(written(path, content), content_type, weighted=weighted)
    return str(caught.value)


@pytest.mark.parametrize(
    ("place", "shape", "weights"),
    [
        ("data/csv/train.csv", (5, 5), None),
        ("data/csv/multiple_files", (10, 5), None),
        ("data/csv/csv_files", (5, 5), None),
        ("data/csv/weighted_csv_files", (5, 5), 0.2),
        ("data/libsvm/train.libsvm", (5, 5), None),
        ("data/libsvm/train.libsvm.weights", (5, 5), 0.2),
        ("data/libsvm/libsvm_files", (5, 5), None),
        ("data/parquet/pq_files", (5, 5), None),
        ("data/parquet/multiple_files", (10, 5), None),
        ("data/recordio_protobuf/pb_files", (5, 5), None),
        ("data/recordio_protobuf/sparse", (5, 5), None),
        ("data/recordio_protobuf/single_feature_label.pb", (1, 1), None),
        ("data/recordio_protobuf/sparse_edge_cases/rectangular_sparse.pbr", (4, 3), None),
        ("data/recordio_protobuf/sparse_edge_cases/single_value_bot_right.pbr", (3, 3), None),
        ("abalone/data/train", (2922, 9), None),
        ("abalone-subdirs/train", (2922, 9), None),
    ],
)
def test_what_aws_container_is_tested_with_is_read(
    shared_data: Path, place: str, shape: tuple[int, int], weights: float | None
) -> None:
    """Every form, dense and sparse, in one file, several and folders of folders, known without a content type."""
    weighted = place.endswith("weighted_csv_files")
    rows = loaded(shared_data / "xgboost" / place, "csv" if weighted else None, weighted=weighted)

    assert (len(rows), rows.width) == shape
    assert np.isfinite(rows.labels).all()
    assert (rows.weights is None) if weights is None else np.allclose(rows.weights, weights)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "content_type"),
    [
        ("1,2,\n", "text/csv"),
        ("1;2;\n", "csv"),
        ("1\t2\t\n", "text/csv; label_size=1"),
        ("1|2|\n", "text/csv; header=absent"),
        ("1 2 nan\n", "text/csv"),
        ("y;a;b\n1;2;\n", "text/csv; header=present"),
        ("1|2|\n", 'text/csv; delimiter="|"'),
        ("1\t2\t\n", "text/csv; delimiter=tab"),
    ],
)
def test_the_first_line_shows_what_stands_between_cells(tmp_path: Path, line: str, content_type: str) -> None:
    """Or the content type says it; an empty cell is a missing value whatever stands around it."""
    rows = loaded(written(tmp_path / "train", line), content_type)

    np.testing.assert_array_equal(rows.labels, [1])
    np.testing.assert_array_equal(rows.features, [[2, np.nan]])


@pytest.mark.parametrize(
    ("content", "content_type", "says"),
    [
        ("1,2\n", "text/csv; label_size=0", "parameter label_size=0; it must be 1"),
        ("1,2\n", "text/csv; header=yes", "parameter header=yes; it must be absent or present"),
        ("1,2\n", "text/csv; delimiter=x", "parameter delimiter=x; it must be comma or tab"),
        ("12:30\n", "csv", "the label '12:30' is not a number"),
        ("a,b\n1,2\n", "csv", "no header line"),
        ("1 2:3\n0 3\n", "libsvm", "line 2, column 2: '3' is not index:value"),
        ("1,2\n", "libsvm", "line 1, column 1: the label '1,2' is no number"),
        ("1 a:3\n", "libsvm", "line 1, column 2: 'a:3': 'a' is no whole number from 0"),
        ("1 -1:3\n", "libsvm", "'-1' is no whole number from 0"),
        ("1 1.5:3\n", "libsvm", "'1.5' is no whole number from 0"),
        ("1 1:2\n\n0 2:1 2:3\n", "libsvm", "line 3, column 3: index 2 comes twice"),
        ("1 1:inf\n", "libsvm", "the value 'inf' is not finite"),
        ("nan 1:2\n", "libsvm", "the label 'nan' is no number"),
        ("1:-2 1:2\n", "libsvm", "the weight '-2' is no number of at least 0"),
        ("1:1 1:2\n1 1:2\n", "libsvm", "only some lines have a weight"),
        ("1 qid:1 1:2\n1 1:2\n", "libsvm", "only some lines have a qid"),
        ("1 99999999999:2\n", "libsvm", "an index is 99999999999; it must be below"),
        ("# nothing\n", "libsvm", "no row in it"),
        (b"PAR1 and more", "parquet", "not Parquet: "),
        ("text", "recordio-protobuf", "record 1"),
        (b"\x89PNG", "image/png", "holds image/png, which this algorithm does not read; it reads csv, libsvm"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(
    tmp_path: Path, content: str | bytes, content_type: str, says: str
) -> None:
    """In one line: the file, where in it, what was found, and what would be right."""
    message = refused(tmp_path / "train", content, content_type)

    assert says in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("1,-1,2\n", "row 1 of the channel has the weight -1"),
        ("1,1,2\n1,,2\n", "row 2 of the channel has the weight nan"),
        ("1,2\n", "only two columns found, and csv_weights is 1"),
    ],
)
def test_weights_must_be_there_and_weigh_something(tmp_path: Path, content: str, says: str) -> None:
    """A weight that is missing or below 0 is named with its row."""
    assert says in refused(tmp_path / "train", content, "csv", weighted=True)


_LINES = st.lists(
    st.tuples(
        st.floats(-1e6, 1e6, width=32),
        st.integers(0, 3),
        st.dictionaries(st.integers(0, 40), st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=5),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(lines=_LINES, weighted=st.booleans(), grouped=st.booleans(), sign=st.sampled_from(["", "+"]))
def test_libsvm_is_read_exactly_quickly_and_carefully(
    tmp_path_factory: pytest.TempPathFactory, *, lines: Any, weighted: bool, grouped: bool, sign: str
) -> None:
    """All at once or line by line, the same labels, weights, groups and cells come out, to the last digit."""
    text = "\n".join(
        " ".join(
            [
                ("" if repr(label).startswith("-") else sign) + repr(label) + (":2.5" if weighted else ""),
                *([f"qid:{group}"] if grouped else []),
                *(f"{index}:{value!r}" for index, value in sorted(cells.items())),
            ]
        )
        for label, group, cells in lines
    )
    path = tmp_path_factory.mktemp("libsvm") / "train.libsvm"
    quick = loaded(written(path, text))
    careful = loaded(written(path, text + " # a comment\n"))

    order = sorted(range(len(lines)), key=lambda place: lines[place][1]) if grouped else range(len(lines))
    for rows in (quick, careful):
        assert rows.labels.tolist() == [lines[place][0] for place in order]
        assert rows.weights is None or set(rows.weights.tolist()) == {2.5}
        assert (rows.weights is not None) == weighted
        assert (rows.groups is not None) == grouped
        cells = rows.features.todok()
        assert {(row, index): value for (row, index), value in cells.items() if value} == {
            (row, index): value for row, place in enumerate(order) for index, value in lines[place][2].items() if value
        }
    assert quick.width == careful.width


def test_indices_in_any_order_are_the_same_row(tmp_path: Path) -> None:
    """A row is what its cells say, not how they are ordered; zero is a value, and absence is not."""
    rows = loaded(written(tmp_path / "train.svm", "1 3:4 0:0\n"))

    np.testing.assert_array_equal(rows.dense(), [[0, _ABSENT, _ABSENT, 4]])


def test_a_long_file_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the pieces, the rows are the same, and an error names the line of the file."""
    monkeypatch.setattr("byoml_xgboost.libsvm_rows._CHUNK_BYTES", 16)
    lines = [f"{number} {number}:{number + 1}" for number in range(40)]
    path = written(tmp_path / "train.libsvm", "\n".join(lines))

    rows = loaded(path)

    assert rows.labels.tolist() == list(range(40))
    assert rows.features.diagonal().tolist() == list(range(1, 41))
    with pytest.raises(ChannelDataError, match="line 31, column 2"):
        loaded(written(path, "\n".join([*lines[:30], "1 x", *lines[30:]])))


def test_the_careful_way_counts_lines_from_where_its_piece_begins(tmp_path: Path) -> None:
    """An error in a later piece names the line as the whole file counts it."""
    with pytest.raises(ChannelDataError, match="line 8, column 1"):
        libsvm_lines.read(tmp_path, b"1 2:3\nx\n", 7)


def parquet(columns: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def test_parquet_takes_every_kind_of_number(tmp_path: Path) -> None:
    """Whole numbers, floats, truths and nulls; the first column is the label."""
    columns = {"y": [1, 0], "whole": [3, None], "half": [0.5, None], "truth": [True, None]}
    rows = loaded(written(tmp_path / "train.parquet", parquet(columns)))

    assert rows.labels.tolist() == [1, 0]
    np.testing.assert_array_equal(rows.features, [[3, 0.5, 1], [np.nan] * 3])


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"y": [1], "name": ["x"]}, "column 'name' is string; every column must be of numbers"),
        ({"y": [1, None], "a": [1, 2]}, "row 2: the label, in column 'y', is missing"),
        ({"y": [1], "a": [np.inf]}, "row 1: column 'a' is not finite"),
        ({"y": [1]}, "1 columns; the first is the label"),
    ],
)
def test_parquet_that_cannot_be_used_is_named_by_column_and_row(
    tmp_path: Path, columns: dict[str, Any], says: str
) -> None:
    """The column is named as in the file."""
    assert says in refused(tmp_path / "train", parquet(columns), "application/x-parquet")


def test_parquet_files_of_different_width_are_refused(tmp_path: Path) -> None:
    """The message names both files with their columns."""
    written(tmp_path / "a.parquet", parquet({"y": [1], "a": [1]}))
    written(tmp_path / "b.parquet", parquet({"y": [1], "a": [1], "b": [2]}))

    with pytest.raises(ChannelDataError, match=r"b\.parquet: 3 columns, but .*a\.parquet has 2"):
        loaded(tmp_path)


def records(*found: Record) -> bytes:
    buffer = io.BytesIO()
    write(buffer, found)
    return buffer.getvalue()


def of(*values: float) -> dict[str, Tensor]:
    return {"values": Tensor(np.array(values, np.float32))}


def test_sparse_and_dense_records_go_together(tmp_path: Path) -> None:
    """What a sparse record does not say is missing."""
    sparse = {"values": Tensor(np.array([7], np.float32), np.array([2], np.uint64), (3,))}
    rows = loaded(written(tmp_path / "train.pbr", records(Record(of(1, 2, 3), of(1)), Record(sparse, of(0)))))

    np.testing.assert_array_equal(rows.dense(), [[1, 2, 3], [_ABSENT, _ABSENT, 7]])


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (Record(of(1, 2)), "record 2 has no label named 'values'; found nothing"),
        (Record({"x": of(1)["values"]}, of(1)), "record 2 has no features named 'values'; found 'x'"),
        (Record(of(1, 2), of(1, 2)), "record 2 has the label [1.0, 2.0]; it must be one number"),
        (Record(of(1, 2), of(np.nan)), "record 2 has the label [nan]; it must be one number"),
        (Record(of(1, 2, 3), of(1)), "record 2 has 3 features, and those before it 2"),
    ],
)
def test_a_record_that_cannot_be_used_is_named_by_its_number(tmp_path: Path, second: Record, says: str) -> None:
    """The message says which record, and what it lacks."""
    content = records(Record(of(1, 2), of(1)), second)

    assert says in refused(tmp_path / "train", content, "application/x-recordio-protobuf")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"1,2\n0,3\n", "text/csv"),
        (b"1 0:2\n0 0:3\n", "text/libsvm"),
        (b"1,2\n0,3\n", None),
        (records(Record(of(2), of(1)), Record(of(3), of(0))), "recordio-protobuf"),
        (parquet({"y": [1], "a": [2]}) + parquet({"y": [0], "a": [3]}), "parquet"),
    ],
    ids=["csv", "libsvm", "unsaid", "recordio", "parquet"],
)
def test_a_pipe_is_read_in_every_form(tmp_path: Path, content: bytes, content_type: str | None) -> None:
    """The first epoch's fifo holds all objects of the channel, one after the other."""
    fifo = tmp_path / "train_0"
    os.mkfifo(fifo)
    sender = threading.Thread(target=fifo.write_bytes, args=(content,))
    sender.start()
    rows = load(Channel("train", tmp_path / "train", "Pipe", content_type))
    sender.join()

    assert rows is not None
    assert rows.labels.tolist() == [1, 0]
    assert rows.dense().tolist() == [[2], [3]]


def test_a_channel_without_rows_is_none_and_no_error(tmp_path: Path) -> None:
    """One of several hosts may have nothing: no file, empty ones, or those that are no data."""
    for name, content in (("empty.csv", ""), ("blank.csv", "\n \n"), ("_SUCCESS", "1,2"), (".hidden", "1,2")):
        written(tmp_path / name, content)

    assert load(Channel("train", tmp_path)) is None
    assert load(Channel("train", tmp_path / "missing")) is None


def test_sparse_and_dense_rows_are_joined_as_dense_ones() -> None:
    """Channels of two forms make one table, in which nothing stands where nothing was said."""
    import scipy.sparse

    dense = Rows(np.array([[1, 2]], np.float32), np.array([1]))
    sparse = Rows(scipy.sparse.csr_matrix(np.array([[3.0]], np.float32)), np.array([0]))

    np.testing.assert_array_equal(joined([dense, sparse.widened(2)]).features, [[1, 2], [3, _ABSENT]])
