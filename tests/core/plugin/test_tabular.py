"""Reading CSV files of a channel into labels and features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from byoml.plugin.channel_files import ChannelDataError
from byoml.plugin.tabular import read_csv
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, text: str | bytes, name: str = "train.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_first_column_is_the_label_and_the_rest_are_features(tmp_path: Path) -> None:
    """One row of text becomes one label and one row of features, of the type that was asked for."""
    table = read_csv([written(tmp_path, "1,2.5,3\n0,4,5\n")])

    assert table.labels.tolist() == [1, 0]
    assert table.features.tolist() == [[2.5, 3], [4, 5]]
    assert table.features.dtype == np.float32


def test_files_of_one_channel_are_one_table(tmp_path: Path) -> None:
    """Rows come in the order of the files; a file without a row is passed over."""
    parts = [written(tmp_path, text, f"{name}.csv") for name, text in (("a", "1,2\n"), ("b", "\n"), ("c", "3,4"))]

    table = read_csv(parts)

    assert table.labels.tolist() == [1, 3]
    assert table.features.tolist() == [[2], [4]]


@pytest.mark.parametrize(
    "text",
    ["1,,3\n", "1, ,3\r\n", "\n1,nan,3\n\n", '"1","","3"\n', b"\xef\xbb\xbf1,,3\n"],
    ids=["empty", "blank", "nan", "quoted", "byte-order-mark"],
)
def test_an_empty_cell_is_a_missing_value(tmp_path: Path, text: str | bytes) -> None:
    """However the file is written, the cell without a number is NaN and its neighbours keep their places."""
    table = read_csv([written(tmp_path, text)], "float64")

    assert table.labels.tolist() == [1]
    np.testing.assert_array_equal(table.features, [[np.nan, 3]])


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("1,2\n0,abc\n", "line 2, column 2", "'abc' is not a number"),
        ("1,2\n\n0,abc\n", "line 3, column 2", "'abc' is not a number"),
        ("age,height\n1,2\n", "line 1, column 1", "no header line"),
        ("1,2\n3\n", "line 2", "1 columns, but the lines before it have 2"),
        ("1,2,3\n3,4,5,6\n", "line 2", "4 columns"),
        ("1,2\n,4\n", "line 2, column 1", "the label is missing"),
        ("1,2\nnan,4\n", "line 2, column 1", "the label is missing"),
        ("1,2\ninf,4\n", "line 2, column 1", "not finite"),
        ("1,2\n3,inf\n", "line 2, column 2", "not finite"),
        ("1,2\n3,1_000\n", "line 2, column 2", "'1_000' is not a number"),
        ("1\n2\n", "train.csv", "only one column"),
        ('1,2\n3,"4\n', "line 2", "not CSV"),
        (b"1,2\n3,\xff\n", "line", "not UTF-8"),
        ("\n\n", "train.csv", "no row"),
        ("", "train.csv", "no row"),
    ],
)
def test_what_cannot_be_used_is_named_by_file_line_and_column(
    tmp_path: Path, text: str | bytes, place: str, says: str
) -> None:
    """The error says which file, where in it, what was found there."""
    path = written(tmp_path, text)

    with pytest.raises(ChannelDataError) as caught:
        read_csv([path])

    message = str(caught.value)
    assert message.startswith(str(path))
    assert place in message
    assert says in message
    assert "\n" not in message


def test_files_of_different_width_are_refused_naming_both(tmp_path: Path) -> None:
    """A part of another width names itself and the part that it differs from."""
    first, second = written(tmp_path, "1,2\n", "a.csv"), written(tmp_path, "1,2,3\n", "b.csv")

    with pytest.raises(ChannelDataError, match=r"b\.csv, line 1: 3 columns, but .*a\.csv has 2"):
        read_csv([first, second])


@pytest.mark.parametrize(
    ("delimiter", "text"),
    [(";", "1;2;\n3;4;5\n"), ("\t", "1\t2\t\n3\t4\t5\n"), (" ", " 1 2  nan\n3 4 5 \n"), ("|", "1|2|\n3|4|5\n")],
    ids=["semicolon", "tab", "blanks", "bar"],
)
@pytest.mark.parametrize("header", ["", "a,b,c\n"], ids=["plain", "header"])
def test_other_delimiters_and_a_header_are_read_where_they_are_asked_for(
    tmp_path: Path, delimiter: str, text: str, header: str
) -> None:
    """Cells keep their places, whatever stands between them, and each file's line of names is passed over."""
    paths = [written(tmp_path, header.replace(",", delimiter) + text, f"{name}.csv") for name in "ab"]

    table = read_csv(paths, delimiter=delimiter, header=bool(header))

    np.testing.assert_array_equal(table.labels, [1, 3, 1, 3])
    np.testing.assert_array_equal(table.features, [[2, np.nan], [4, 5]] * 2)


def test_a_file_of_nothing_but_its_header_has_no_row(tmp_path: Path) -> None:
    """Names alone are nothing to learn from."""
    with pytest.raises(ChannelDataError, match="no row"):
        read_csv([written(tmp_path, "label,a\n")], header=True)


def test_labels_may_be_texts_where_that_is_allowed(tmp_path: Path) -> None:
    """Class names stay as they are, and features beside them are still numbers."""
    path = written(tmp_path, "setosa,1,2\nvirginica,3,\n")

    table = read_csv([path], "float64", text_labels=True)

    assert table.labels.tolist() == ["setosa", "virginica"]
    np.testing.assert_array_equal(table.features, [[1, 2], [3, np.nan]])


def test_a_text_among_numeric_labels_is_an_error(tmp_path: Path) -> None:
    """The first label decides what labels are; another kind further down is a mistake in the data."""
    path = written(tmp_path, "1,1\nb,2\n")

    with pytest.raises(ChannelDataError, match=r"line 2, column 1: the label 'b' is not a number"):
        read_csv([path], text_labels=True)


_CELLS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.tuples(_CELLS, _CELLS, st.none() | _CELLS), min_size=1, max_size=20))
def test_numbers_are_read_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, float, float | None]]
) -> None:
    """What is written with all digits is read as the very same numbers, with and without missing values."""
    text = "".join(",".join("" if cell is None else repr(cell) for cell in row) + "\n" for row in rows)

    table = read_csv([written(tmp_path_factory.mktemp("csv"), text)])

    expected = np.array([[np.nan if cell is None else cell for cell in row] for row in rows], dtype="float32")
    np.testing.assert_array_equal(table.labels, expected[:, 0])
    np.testing.assert_array_equal(table.features, expected[:, 1:])
