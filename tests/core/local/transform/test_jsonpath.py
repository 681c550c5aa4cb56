"""JSONPath of filters: what the service's examples choose, and what Python itself would."""

from __future__ import annotations

import json
from typing import Any

import pytest
from byoml.errors import SettingError
from byoml.local.transform.jsonpath import JsonPath, NotThereError
from hypothesis import given
from hypothesis import strategies as st

_RECORD = {
    "id": 7,
    "a": {"b": [10, 20, 30], "c d": "x", "it's": 1},
    "SageMakerOutput": [0.5],
    "list": [{"x": 1}, {"x": 2}],
}
_ROW = ["id-1", "2", "3", "0.9"]

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
_indices = st.integers(-6, 6)
_slices = st.tuples(st.none() | _indices, st.none() | _indices)


def _choose(path: str, value: Any) -> Any:
    return JsonPath("--filter", path).choose(value)


@pytest.mark.parametrize(
    ("path", "value", "chosen"),
    [
        ("$", _RECORD, _RECORD),
        ("$.id", _RECORD, 7),
        ("$.a.b", _RECORD, [10, 20, 30]),
        ("$['a']['c d']", _RECORD, "x"),
        ('$["a"]["c d"]', _RECORD, "x"),
        (r"$.a['it\'s']", _RECORD, 1),
        ("$.a.b[0]", _RECORD, 10),
        ("$.a.b[-1]", _RECORD, 30),
        ("$['id','SageMakerOutput']", _RECORD, {"id": 7, "SageMakerOutput": [0.5]}),
        ("$[ 'id' , 'list' ]", _RECORD, {"id": 7, "list": [{"x": 1}, {"x": 2}]}),
        ("$.a.['b','c d']", _RECORD, {"b": [10, 20, 30], "c d": "x"}),
        ("$.list[*].x", _RECORD, [1, 2]),
        ("$.list.*", _RECORD, [{"x": 1}, {"x": 2}]),
        ("$.list[0:1].x", _RECORD, [1]),
        ("$[1:]", _ROW, ["2", "3", "0.9"]),
        ("$[:2]", _ROW, ["id-1", "2"]),
        ("$[1:-1]", _ROW, ["2", "3"]),
        ("$[0]", _ROW, "id-1"),
        ("$[0,-1]", _ROW, ["id-1", "0.9"]),
        ("$[0, 2:]", _ROW, ["id-1", "3", "0.9"]),
    ],
)
def test_a_path_chooses(path: str, value: Any, chosen: Any) -> None:
    """One name or index gives what stands there; several names an object, several elements an array."""
    assert _choose(path, value) == chosen


@pytest.mark.parametrize(
    "path",
    [
        "",
        "id",
        "$.",
        "$..a",
        "$.a.",
        "$[",
        "$[]",
        "$[1:2:3]",
        "$[a]",
        "$['a]",
        "$['a',1]",
        "$[?(@.x)]",
        "$ .a",
        "$a",
        "$[-]",
        "$.a b",
        "$." + "a" * 62,
    ],
)
def test_a_path_that_the_platform_does_not_take_is_refused_at_once(path: str) -> None:
    """The option, what was found and what would be right are named."""
    with pytest.raises(SettingError, match=r"^--filter is .*; it must be a JSONPath of at most 63 characters"):
        JsonPath("--filter", path)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("$.b", {"a": 1}, "there is no 'b', but 'a'"),
        ("$['a','b']", {"a": 1}, "there is no 'b', but 'a'"),
        ("$.a", {}, "there is no 'a', but nothing"),
        ("$.a", ["a"], "'a' is looked for in an array"),
        ("$[0]", {"0": 1}, "[0] is looked for in an object"),
        ("$[4]", _ROW, "there is no element [4], but 4 elements"),
        ("$[0,-5]", _ROW, "there is no element [-5], but 4 elements"),
        ("$[*]", 3, "* is looked for in 3, which is neither object nor array"),
    ],
)
def test_what_is_not_there_is_an_error(path: str, value: Any, says: str) -> None:
    """An index beyond the record is an error on the platform too; nothing is silently left out."""
    with pytest.raises(NotThereError) as raised:
        _choose(path, value)
    assert str(raised.value) == says


@given(_values)
def test_the_root_is_the_record(value: Any) -> None:
    """`$` changes nothing, whatever the record is."""
    path = JsonPath("--filter", "$")
    assert path.everything
    assert path.choose(value) == value


@given(st.lists(_values, max_size=5), _slices)
def test_a_slice_is_pythons(values: list[Any], bounds: tuple[int | None, int | None]) -> None:
    """With and without either bound, counted from either end."""
    start, stop = bounds
    text = f"$[{'' if start is None else start}:{'' if stop is None else stop}]"
    assert _choose(text, values) == values[start:stop]


@given(st.lists(_values, max_size=5), st.lists(_indices | _slices, min_size=2, max_size=4))
def test_several_elements_are_each_of_them_in_order(values: list[Any], parts: list[Any]) -> None:
    """Indices and slices side by side; an index that is not there fails the whole choice."""
    texts = [
        str(part) if isinstance(part, int) else ":".join("" if p is None else str(p) for p in part) for part in parts
    ]
    try:
        expected = [
            item for part in parts for item in ([values[part]] if isinstance(part, int) else values[slice(*part)])
        ]
    except IndexError:
        with pytest.raises(NotThereError):
            _choose(f"$[{','.join(texts)}]", values)
        return
    assert _choose(f"$[{','.join(texts)}]", values) == expected


@given(st.dictionaries(st.text(max_size=8), _values, min_size=1, max_size=4), st.sampled_from("'\""), st.data())
def test_any_name_can_be_quoted(record: dict[str, Any], quote: str, data: st.DataObject) -> None:
    """Quotes and backslashes in it are escaped with a backslash."""
    names = data.draw(st.lists(st.sampled_from(sorted(record)), min_size=1, max_size=3, unique=True))
    quoted = [quote + name.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote for name in names]
    path = f"$[{','.join(quoted)}]"
    if len(path) > 63:
        return
    expected = record[names[0]] if len(names) == 1 else {name: record[name] for name in names}
    assert _choose(path, record) == expected


@given(st.text(alphabet="$.[]'\"*:,-0123456789 ab\\", max_size=20))
def test_a_path_is_read_or_refused_and_never_fails_otherwise(text: str) -> None:
    """Any text: SettingError at once, or a choice that works or finds nothing."""
    try:
        path = JsonPath("--filter", text)
    except SettingError:
        return
    for value in (_RECORD, _ROW, 1):
        try:
            json.dumps(path.choose(value))
        except NotThereError:
            continue
