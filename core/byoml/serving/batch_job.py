"""What a batch transform changes: how lines end, and a bad record that need not fail its file (B-2, B-3, B-7)."""

from __future__ import annotations

import csv
import dataclasses
import json
import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from byoml.codecs.media_type import parse_media_type
from byoml.environment.serving_env import truth
from byoml.errors import SettingError
from byoml.request_errors import RequestError
from byoml.serving.engine import Answer, Engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from byoml.environment.serving_env import ServingEnv
    from byoml.plugin.values import Invocation

__all__ = ["BatchEngine", "BatchRules"]

_ERRORS = "BYOML_BATCH_ERRORS"
_NEWLINE = "BYOML_BATCH_NEWLINE"
_CSV = "text/csv"
_JSON = "application/json"
# Each line is a record, and stands for itself; of libsvm it does not, as the widest line says how wide all are.
_BY_LINE = frozenset(
    {
        _CSV,
        "application/jsonlines",
        "application/x-jsonlines",
        "application/jsonlines+json",
        "application/ndjson",
        "application/x-ndjson",
        "application/jsons",
    }
)
_ASCII_BASED = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1"})
_BLAMES_A_ROW = frozenset({400, 500})

_log = logging.getLogger("byoml.serving")


class BatchRules(NamedTuple):
    """How a batch transform's answers are made.

    Args:
        newline: The last line of an answer of lines ends like all others.
        by_record: A record that fails has an error in its place.
    """

    newline: bool = True
    by_record: bool = False

    @classmethod
    def read(cls, env: ServingEnv) -> BatchRules | None:
        """Read the variables.

        Args:
            env: What the container is told.

        Returns:
            The rules, or None where this is no batch transform.

        Raises:
            SettingError: A variable holds what it must not.
        """
        if not env.batch:
            return None
        errors = env.environ.get(_ERRORS) or "fail"
        if errors not in ("fail", "record"):
            raise SettingError(_ERRORS, errors, "fail (a bad record fails its request) or record (it has an error)")
        return cls(truth(env.environ.get(_NEWLINE) or "true"), errors == "record")


class BatchEngine(Engine):
    """An engine that answers as batch transforms want it, where the framework's functions run.

    A user's own functions decide themselves how their lines end, and what becomes of a bad one.

    Args:
        rules: How.
        args: The engine's.
    """

    def __init__(self, rules: BatchRules, *args: Any) -> None:
        super().__init__(*args)
        self._rules = rules
        self.linewise = False  # lines end, and errors are told, request by request
        users = {handler.name for handler in self.functions.all if handler.by_user}
        self._lines_are_ours = not users & {"output_fn", "transform_fn"}
        self._rows_are_ours = self._lines_are_ours and not users & {"input_fn", "predict_fn"}

    def answer(
        self, invocations: Sequence[Invocation], times: list[float] | None = None
    ) -> list[Answer | RequestError]:
        """Answer invocations, as the engine does, with a batch transform's lines and errors."""
        answers = super().answer(invocations, times)
        return [self._settled(*pair) for pair in zip(invocations, answers, strict=True)]

    def _settled(self, invocation: Invocation, answer: Answer | RequestError) -> Answer | RequestError:
        if isinstance(answer, RequestError) and self._rules.by_record and self._rows_are_ours:
            answer = self._by_record(invocation, answer)
        if isinstance(answer, RequestError) or not self._lines_are_ours:
            return answer
        if answer.content_type not in _BY_LINE or not isinstance(answer.body, bytes) or not answer.body:
            return answer
        body = answer.body.removesuffix(b"\n") + (b"\n" if self._rules.newline else b"")
        return answer._replace(body=body)

    def _by_record(self, invocation: Invocation, error: RequestError) -> Answer | RequestError:
        """Answer what can be answered of a request that failed; the error stands where rows cannot be told apart."""
        kind = parse_media_type(invocation.content_type)
        plain = kind.parameters.get("charset", "").lower() in _ASCII_BASED and "header" not in kind.parameters
        if kind.essence not in _BY_LINE or not plain or error.status not in _BLAMES_A_ROW:
            return error
        records = invocation.body.removesuffix(b"\n").split(b"\n")
        content_type = self._codecs.choose(invocation.accept, self._framework.accepts, self.default_accept)
        if content_type not in _BY_LINE and (content_type != _JSON or len(records) > 1):
            return error
        try:
            parts = list(self._parts(invocation, records, error))
        except RequestError as other:  # such as no memory: no row is to blame
            return other
        failed = sum(isinstance(part, RequestError) for part in parts)
        _log.warning("request %s: %d of %d records failed: %s", invocation.request_id, failed, len(records), error)
        return Answer(_put_together(parts, content_type), content_type)

    def _parts(
        self, invocation: Invocation, records: Sequence[bytes], error: RequestError
    ) -> Iterator[bytes | RequestError]:
        """Halve what failed until the failing records stand alone: few bad rows among many cost little."""
        if len(records) == 1:
            yield error
            return
        middle = len(records) // 2
        for half in (records[:middle], records[middle:]):
            body = b"\n".join(half) + b"\n"
            (answer,) = super().answer([dataclasses.replace(invocation, body=body)])
            if isinstance(answer, Answer):
                yield _whole_lines(answer, len(half), error)
            elif answer.status in _BLAMES_A_ROW:
                yield from self._parts(invocation, half, answer)
            else:
                raise answer


def _whole_lines(answer: Answer, count: int, error: RequestError) -> bytes:
    """Give an answer's lines; the error stands where they are not one a record."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    body = body.removesuffix(b"\n") + b"\n"
    if body.count(b"\n") != count:
        raise error
    return body


def _put_together(parts: Sequence[bytes | RequestError], content_type: str) -> bytes:
    good = next((part for part in parts if isinstance(part, bytes)), b"\n")
    blank = b'""' + b"," * (_width(good) - 1) + b"\n"
    return b"".join(
        part if isinstance(part, bytes) else blank if content_type == _CSV else _error_line(part) for part in parts
    )


def _width(lines: bytes) -> int:
    """Count the cells of the first row; all others have as many."""
    return max(1, len(next(csv.reader([lines.split(b"\n", 1)[0].decode()]), [])))


def _error_line(error: RequestError) -> bytes:
    text = {"code": error.status, "type": error.type, "message": str(error)}
    return json.dumps({"error": text}).encode() + b"\n"
