"""Files cut into spans: nothing lost, nothing torn, nothing too large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from byoml.local.transform import splitting
from byoml.local.transform.errors import RecordTooLargeError
from byoml.local.transform.splitting import Span, split
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

_contents = st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")), max_size=12).flatmap(
    lambda lines: st.sampled_from([b"\n".join(lines), b"\n".join(lines) + b"\n"])
)


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "input"
    path.write_bytes(content)
    return path


def _bodies(spans: list[Span]) -> list[bytes]:
    return [b"".join(span.pieces()) for span in spans]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_contents, st.integers(0, 40), st.booleans())
def test_records_are_all_there_in_order_and_whole(tmp_path: Path, content: bytes, limit: int, several: bool) -> None:  # noqa: FBT001
    """The bodies joined are the file, its last line ended; each ends a line, keeps the limit and counts its records."""
    path = _file(tmp_path, content)
    longest = max((len(line) + 1 for line in content.split(b"\n") if line), default=1)
    limit = limit and max(limit, longest)
    spans = list(split(path, by_line=True, several=several, limit=limit))
    bodies = _bodies(spans)
    ended = content if not content or content.endswith(b"\n") else content + b"\n"
    assert b"".join(bodies) == ended
    assert all(body.endswith(b"\n") and (not limit or len(body) <= limit) for body in bodies)
    assert [span.count for span in spans] == [body.count(b"\n") for body in bodies]
    assert [span.length for span in spans] == [len(body) for body in bodies]
    assert [line for span in spans for line in span.lines()] == [
        line.removesuffix(b"\r") for line in ended.split(b"\n")[:-1]
    ]
    firsts = [span.first for span in spans]
    assert firsts == [1 + sum(body.count(b"\n") for body in bodies[:index]) for index in range(len(bodies))]
    if not several:
        assert all(body.count(b"\n") == 1 for body in bodies)


def test_a_request_is_as_full_as_it_can_be(tmp_path: Path) -> None:
    """One record more would be too much."""
    path = _file(tmp_path, b"aaa\nbbb\nccc\nd\n")
    assert _bodies(list(split(path, by_line=True, several=True, limit=8))) == [b"aaa\nbbb\n", b"ccc\nd\n"]


def test_lines_longer_than_a_piece_are_found(tmp_path: Path) -> None:
    """The search for a line's end goes on from piece to piece, in both directions."""
    long = b"x" * (splitting.PIECE * 2 + 5) + b"\n"
    path = _file(tmp_path, b"a\n" + long + b"b\n")
    for several, limit in ((True, len(long) + 1), (False, len(long)), (False, 0)):
        bodies = _bodies(list(split(path, by_line=True, several=several, limit=limit)))
        assert bodies == [b"a\n", long, b"b\n"]


@pytest.mark.parametrize("several", [True, False])
@pytest.mark.parametrize("content", [b"a\n12345\nb\n", b"a\n1234", b"a\n12345"])
def test_a_record_that_does_not_fit_is_named(tmp_path: Path, content: bytes, *, several: bool) -> None:
    """With file, number and limit; the newline that ends it counts, even where the file lacks it."""
    path = _file(tmp_path, content)
    with pytest.raises(RecordTooLargeError, match=r"input, record 2 is larger than the payload limit of 4 bytes"):
        list(split(path, by_line=True, several=several, limit=4))


def test_a_file_that_is_not_split_is_one_request_as_it_is(tmp_path: Path) -> None:
    """No newline is added; too large a file is an error; without a limit it is none."""
    path = _file(tmp_path, b"a\nb")
    assert _bodies(list(split(path, by_line=False, several=True, limit=3))) == [b"a\nb"]
    assert _bodies(list(split(path, by_line=False, several=False, limit=0))) == [b"a\nb"]
    with pytest.raises(RecordTooLargeError, match="record 1 is larger"):
        list(split(path, by_line=False, several=True, limit=2))


@pytest.mark.parametrize("by_line", [True, False])
def test_an_empty_file_makes_no_request(tmp_path: Path, *, by_line: bool) -> None:
    """There is no record in it."""
    assert list(split(_file(tmp_path, b""), by_line=by_line, several=True, limit=10)) == []


def test_a_span_names_its_records(tmp_path: Path) -> None:
    """As messages have them."""
    path = _file(tmp_path, b"1\n2\n3\n")
    assert [str(span) for span in split(path, by_line=True, several=True, limit=4)] == [
        f"{path}, records 1 to 2",
        f"{path}, record 3",
    ]
