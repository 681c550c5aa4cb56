"""Long JSON texts, read piece by piece: the same values and the same errors as Python's parser gives."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from byoml.codecs.json import JsonCodec, read
from byoml.codecs.long_json import UnusualError, read_long
from byoml.codecs.regular import array_of
from byoml.request_errors import MalformedPayload
from hypothesis import given
from hypothesis import strategies as st

_TYPE = "application/json"
_NUMBERS = st.integers(-(2**70), 2**70) | st.integers(-9, 9) | st.floats() | st.just(10**400)
_LEAVES = _NUMBERS | st.booleans() | st.none() | st.text(st.sampled_from('[]{},":\\a é'), max_size=4)
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from('ab"'), inner), max_leaves=12
)


def _rows(cells: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Rows of one width, as most bodies are, with now and then one that differs."""
    regular = st.integers(0, 3).flatmap(lambda width: st.lists(st.lists(cells, min_size=width, max_size=width)))
    return regular | st.tuples(regular, _VALUES).map(lambda both: [*both[0], both[1]])


_BODIES = (
    _rows(st.integers(-9, 9))
    | _rows(_NUMBERS)
    | _rows(st.booleans())
    | _rows(_LEAVES)
    | st.lists(_NUMBERS)
    | st.lists(_VALUES)
    | st.dictionaries(st.sampled_from(["instances", "a"]), _rows(_NUMBERS) | _VALUES)
)
_LAYOUTS: list[dict[str, Any]] = [{}, {"separators": (",", ":")}, {"indent": 1}, {"ensure_ascii": False}]


def _ordinary(text: str) -> Any:
    value = read(text, _TYPE)
    return array_of(value) if isinstance(value, list) else value


def _told(value: Any) -> tuple[Any, ...]:
    """Make what can be compared: kinds, shapes and every value, NaN among them."""
    if isinstance(value, np.ndarray):
        return str(value.dtype), value.shape, repr(value.tolist())
    return type(value), repr(value)


@given(_BODIES, st.sampled_from(_LAYOUTS), st.integers(1, 40))
def test_a_text_means_the_same_whatever_its_pieces(value: Any, layout: dict[str, Any], block: int) -> None:
    """Regular or ragged, of one kind or mixed, in a list or an object, compact or spread over lines."""
    text = json.dumps(value, **layout)
    assert _told(read_long(text.encode(), block)) == _told(_ordinary(text))


@given(_BODIES, st.integers(1, 40), st.data())
def test_a_text_that_is_no_json_is_left_to_the_parser_which_names_the_place(
    value: Any, block: int, data: st.DataObject
) -> None:
    """One character more, less or other: it is refused here where it is refused there, else means the same."""
    text = json.dumps(value)
    at = data.draw(st.integers(0, len(text)))
    text = text[:at] + data.draw(st.sampled_from(["", *'[]{},":0 e'])) + text[at + data.draw(st.integers(0, 1)) :]
    try:
        ordinary = _told(_ordinary(text))
    except MalformedPayload:
        with pytest.raises(UnusualError):
            read_long(text.encode(), block)
        return
    try:
        assert _told(read_long(text.encode(), block)) == ordinary
    except UnusualError:
        assert not isinstance(json.loads(text), (list, dict))


@pytest.mark.parametrize("levels", [99, 100, 101])
@pytest.mark.parametrize("kind", ["list", "object"])
def test_nesting_is_bounded_as_in_short_texts(kind: str, levels: int) -> None:
    """A hundred levels are read, and one more is not."""
    inner = "[" * (levels - 1) + "1" + "]" * (levels - 1)
    text = f"[[2], {inner}]" if kind == "list" else f'{{"a": [2], "b": {inner}}}'
    if levels > 100:
        with pytest.raises(UnusualError):
            read_long(text.encode(), 4)
    else:
        assert _told(read_long(text.encode(), 4)) == _told(_ordinary(text))


_ROW = "[1, 2.5, -3]"
_MANY = 100_000


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("]", None),
        (",]", f"row {_MANY + 1}, column"),
        ("", f"row {_MANY + 1}, column"),
        (",[1,,2]]", f"row {_MANY + 1}, column"),
        ("] 2", "Extra data"),
        ("," + "[" * 101 + "]" * 102, "at most 100 levels"),
    ],
    ids=["right", "trailing comma", "cut", "two commas", "two", "depth"],
)
def test_a_body_of_megabytes_is_read_or_refused_with_its_place(end: str, words: str | None) -> None:
    """Through the codec, where the length alone decides which way is taken."""
    body = f"[{_ROW}{f',{chr(10)}{_ROW}' * (_MANY - 1)}\n{end}".encode()
    if words is None:
        array = JsonCodec().decode(body, {})
        assert (array.dtype, array.shape) == (np.float64, (_MANY, 3))
        assert (array == [1, 2.5, -3]).all()
    else:
        with pytest.raises(MalformedPayload, match=words):
            JsonCodec().decode(body, {})


def test_rows_under_a_key_stay_lists() -> None:
    """What an object holds is plain Python, however long it is."""
    value = JsonCodec().decode(f'{{"instances": [{",".join([_ROW] * _MANY)}]}}'.encode(), {})
    assert value == {"instances": [[1, 2.5, -3]] * _MANY}


@pytest.mark.parametrize("kind", ["array", "list", "with NaN", "objects"])
def test_a_long_prediction_is_written_as_one_text(kind: str) -> None:
    """The pieces that it is written in leave no seam."""
    rows = np.arange(100_000).reshape(-1, 2) / 4
    values = {
        "array": rows,
        "list": rows.tolist(),
        "with NaN": [float("nan"), *range(50_000)],
        "objects": [{}] * 50_000,
    }
    wanted = {"array": rows.tolist(), "with NaN": [None, *range(50_000)]}.get(kind, values[kind])
    assert JsonCodec().encode(values[kind]) == json.dumps(wanted).encode()
