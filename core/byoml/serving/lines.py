"""Requests of one plain line of CSV each, answered as one: what is around a small prediction costs more than it does.

It is tried; whatever does not fit comes back as None, and each request is answered by itself, with its own error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.codecs.media_type import parse_media_type
from byoml.plugin.values import Invocation
from byoml.serving.answer import Answer
from byoml.serving.session_commands import SESSION_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from byoml.codecs.csv import ReadLines
    from byoml.request_errors import RequestError

__all__ = ["answer_lines"]

_CSV = "text/csv"
_ENDS = b"\r\n"
# Longer bodies gain nothing, and frameworks may have other ways to read them.
_MOST_BYTES = 2**15


def answer_lines(
    answer: Callable[[Sequence[Invocation], list[float]], Sequence[Answer | RequestError]],
    invocations: Sequence[Invocation],
    times: list[float] | None,
) -> list[Answer | RequestError] | None:
    """Answer requests as one, where they can be told apart again.

    Args:
        answer: Answers invocations, each by itself.
        invocations: Those that wait together.
        times: Gets what `answer` measures, where this succeeds.

    Returns:
        One answer for each, in order; None where each must be answered by itself.
    """
    body = _one_body(invocations)
    if body is None:
        return None
    measured: list[float] = []
    first = invocations[0]
    together = Invocation(body, first.content_type, first.accept, first.headers, first.request_id)
    (answered,) = answer([together], measured)
    if not isinstance(answered, Answer) or answered.status != 200 or answered.headers:  # noqa: PLR2004  nothing special
        return None
    lines = _lines(answered, len(invocations))
    if lines is None:
        return None
    if times is not None:
        times += measured
    return [Answer(line, answered.content_type) for line in lines]


def _one_body(invocations: Sequence[Invocation]) -> ReadLines | None:
    """Put the lines of all under one another; None where a body is no line, or they do not want the same."""
    first = invocations[0]
    content_type, accept = first.content_type, first.accept
    if parse_media_type(content_type) != (_CSV, {}) or parse_media_type(accept) != (_CSV, {}):
        return None
    for each in invocations:
        if each.content_type != content_type or each.accept != accept:
            return None
        if each.session is not None or SESSION_HEADER in each.headers:
            return None
    lines = [each.body.rstrip(_ENDS) for each in invocations]
    body = b"\n".join(lines)
    if len(body) > _MOST_BYTES or body.count(b"\n") != len(lines) - 1 or not all(lines):
        return None
    return _read(lines, body)


def _read(lines: Sequence[bytes], body: bytes) -> ReadLines | None:
    """Read lines that are all floats, or all integers, alone as well as together; None for all others."""
    # numpy's pools of threads are as large as its first import finds them to be: not before the workers are told.
    from byoml.codecs.csv import ReadLines, read_plain

    floats = sum([b"." in line for line in lines])
    if floats not in (0, len(lines)) or b" " in body or b"\t" in body or not body.isascii():
        return None
    table = read_plain(body.decode("ascii"))
    if table is None or len(table) != len(lines) or (table.dtype.kind == "f") != bool(floats):
        return None
    whole = ReadLines(body)
    whole.table = table
    return whole


def _lines(answer: Answer, number: int) -> list[bytes] | None:
    """Take an answer's lines apart; None where they are not one for each request."""
    body = answer.body
    if answer.content_type != _CSV or not isinstance(body, bytes):
        return None
    if body.count(b"\n") != number or not body.endswith(b"\n") or b'"' in body or b"\r" in body:
        return None
    return [line + b"\n" for line in body.split(b"\n")[:-1]]
