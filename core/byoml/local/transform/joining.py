"""Filters and joins (contract/inference B-4): what is sent of each record, and what is kept of it and its answer."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from byoml.local.transform.errors import AnswersMismatchError, BadRecordError, UnjoinableError
from byoml.local.transform.jsonpath import JsonPath, NotThereError
from byoml.local.transform.records import READABLE, UnreadableRecordError, form_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.local.transform.records import Form
    from byoml.local.transform.sending import Response
    from byoml.local.transform.splitting import Span
    from byoml.local.transform.values import TransformSpec

__all__ = ["SPOOL_BYTES", "Joiner"]

#: What a temporary file keeps in memory.
SPOOL_BYTES = 512 * 1024


@dataclass(frozen=True)
class Joiner:
    """The filters and the join of one transform.

    Args:
        before: The input filter.
        after: The output filter.
        join: Whether answers are joined to their records.
        by_line: Whether each line of the input is a record.
        form: How the input's records are written, None where nobody needs to know.
    """

    before: JsonPath
    after: JsonPath
    join: bool
    by_line: bool
    form: Form | None

    @classmethod
    def of(cls, spec: TransformSpec) -> Joiner:
        """Read the filters, and find how records are written.

        Args:
            spec: The transform.

        Returns:
            The joiner.

        Raises:
            SettingError: A filter is no JSONPath that the platform takes.
            UnjoinableError: The input's content type can be neither filtered nor joined.
        """
        before = JsonPath("--input-filter", spec.input_filter)
        after = JsonPath("--output-filter", spec.output_filter)
        join = spec.join == "Input"
        form = form_of(spec.content_type)
        if form is None and (join or not before.everything):
            raise UnjoinableError("the input (--content-type)", spec.content_type, READABLE)
        by_line = spec.split == "Line" or (form is not None and form.by_line)
        return cls(before, after, join, by_line, form)

    @property
    def changes_output(self) -> bool:
        return self.join or not self.after.everything

    def filtered(self, span: Span) -> IO[bytes] | None:
        """Write what of a span is sent into a temporary file.

        Args:
            span: Records of the input.

        Returns:
            The file, at its end; None where the span is sent as it is.

        Raises:
            BadRecordError: A record cannot be read, or has not what the filter names.
        """
        if self.before.everything or self.form is None:
            return None
        with ExitStack() as failing:
            body = failing.enter_context(tempfile.SpooledTemporaryFile(SPOOL_BYTES))
            for number, record in self._records(span):
                body.write(self._sent(self.form, span, number, record))
                body.write(b"\n" if self.by_line else b"")
            failing.pop_all()  # who sends it closes it
        return body

    def _sent(self, form: Form, span: Span, number: int, record: bytes) -> bytes:
        try:
            return form.write(self.before.choose(form.read(record)))
        except (UnreadableRecordError, NotThereError) as error:
            raise BadRecordError(span.path, number, str(error)) from None

    def lines(self, span: Span, response: Response) -> Iterator[bytes]:
        """Give the records of the output.

        Args:
            span: Records of the input.
            response: Their answer.

        Yields:
            One record each, without a line's end.

        Raises:
            BadRecordError: A record or its answer cannot be read, or has not what the filter names.
            AnswersMismatchError: There is not one answer a record.
            UnjoinableError: The answer can be neither filtered nor joined to the input.
        """
        form = form_of(response.content_type)
        if form is None or (self.join and self.form is not None and form.name != self.form.name):
            raise UnjoinableError(f"the answer to {span}", response.content_type, self._joinable())
        answers = _answers(form, span, response.body)
        if self.join:
            yield from self._joined(form, span, answers)
            return
        for number, answer in enumerate(answers, start=span.first):
            yield self._kept(form, span, number, None, answer)

    def _joinable(self) -> tuple[str, ...]:
        if self.form is None or not self.join:
            return READABLE
        return tuple(kind for kind in READABLE if getattr(form_of(kind), "name", "") == self.form.name)

    def _joined(self, form: Form, span: Span, answers: Iterator[bytes]) -> Iterator[bytes]:
        records = self._records(span)
        number = span.first - 1
        for number, record in records:
            answer = next(answers, None)
            if answer is None:
                raise AnswersMismatchError(str(span), number - span.first + 1 + _rest(records), number - span.first)
            yield self._kept(form, span, number, record, answer)
        more = _rest(answers)
        if more:
            count = number - span.first + 1
            raise AnswersMismatchError(str(span), count, count + more)

    def _kept(self, form: Form, span: Span, number: int, record: bytes | None, answer: bytes) -> bytes:
        """Make the output's record of an answer and what it is joined to."""
        of_answer = True
        try:
            value = form.read(answer)
            of_answer = record is None
            if record is not None:
                value = form.join(form.read(record), value)
            return form.write(self.after.choose(value))
        except (UnreadableRecordError, NotThereError) as error:
            raise BadRecordError(span.path, number, str(error), answer=of_answer) from None

    def _records(self, span: Span) -> Iterator[tuple[int, bytes]]:
        return enumerate(span.lines() if self.by_line else iter([b"".join(span.pieces())]), start=span.first)


def _answers(form: Form, span: Span, body: IO[bytes]) -> Iterator[bytes]:
    """Take an answer apart: one JSON document may have many lines where it answers one record."""
    if not form.by_line and span.count == 1:
        return iter([body.read()])
    return (line.removesuffix(b"\n").removesuffix(b"\r") for line in body)


def _rest(items: Iterator[Any]) -> int:
    return sum(1 for _ in items)
