"""From an invocation to its answer: decode, predict, encode. Plain Python; no HTTP and no event loop in here."""

from __future__ import annotations

import logging
from time import perf_counter
from typing import TYPE_CHECKING, Any

from byoml.codecs.media_type import parse_accept, parse_media_type
from byoml.plugin.values import Context
from byoml.request_errors import HandlerFailed, OutOfMemory, RequestError, UnsupportedContentType
from byoml.serving.answer import Answer
from byoml.serving.batching import joined, split
from byoml.serving.functions import Handler
from byoml.serving.headroom import exhausted
from byoml.serving.invocation import as_sent
from byoml.serving.lines import answer_lines
from byoml.serving.session_commands import refuse_session
from byoml.serving.streaming import Stream, as_iterator
from byoml.serving.work import Work, alike

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from byoml.codecs import Codecs
    from byoml.plugin.framework import Framework
    from byoml.plugin.values import Invocation
    from byoml.serving.functions import InferenceFunctions

__all__ = ["Answer", "Engine"]

_log = logging.getLogger("byoml.serving")


class Engine:
    """The loaded model and the functions around it.

    Args:
        framework: The chosen framework.
        functions: Bound functions.
        codecs: All codecs.
        model: What `model_fn` gave.
        model_dir: Where it was loaded from.
    """

    def __init__(
        self, framework: Framework, functions: InferenceFunctions, codecs: Codecs, model: object, model_dir: Path
    ) -> None:
        self._framework = framework
        #: Bound functions.
        self.functions = functions
        self._codecs = codecs
        self._model = model
        self._model_dir = model_dir
        #: What this worker computes with, for the context.
        self.device = "cpu"
        #: The server's variables, likewise.
        self.environ: Mapping[str, str] = {}
        self._users = functions.users
        #: What is answered to who takes anything.
        self.default_accept = framework.default_accept
        users = functions.input_fn.by_user or functions.predict_fn.by_user or functions.transform_fn is not None
        self.batchable = framework.capabilities.batchable and not users and framework.may_batch(model)
        self._all_ours = not users and not functions.output_fn.by_user
        # No user code, no streams, and a model that is not tied to the thread that has loaded it.
        able = framework.capabilities.thread_safe or framework.capabilities.fork_safe
        self.anywhere = self.batchable and able and self._all_ours
        #: Whether requests of one line each may be answered as one.
        self.linewise = self.batchable and self._all_ours and framework.capabilities.linewise

    def answer(
        self, invocations: Sequence[Invocation], times: list[float] | None = None
    ) -> list[Answer | RequestError]:
        """Answer invocations, as one batch where the framework allows it.

        Args:
            invocations: Those that wait together.
            times: Gets the moments when all are decoded and when all are predicted.

        Returns:
            One answer or error for each, in order; a request that fails fails alone.
        """
        if self.linewise and len(invocations) > 1:
            answers = answer_lines(self._answer, invocations, times)
            if answers is not None:
                return answers
        return self._answer(invocations, times)

    def _answer(self, invocations: Sequence[Invocation], times: list[float] | None) -> list[Answer | RequestError]:
        works = [self._work(invocation) for invocation in invocations]
        for work in works:
            self._guarded(work, self._start)
        decoded = perf_counter()
        going = [work for work in works if work.failed is None]
        for together in alike(going) if self.batchable else [[work] for work in going]:
            self._predict_together(together)
        if times is not None:
            times += (decoded, perf_counter())
        return [self._finish(work) for work in works]

    def _work(self, invocation: Invocation) -> Work:
        context = self.context(invocation.headers, invocation.request_id)
        context.session = invocation.session
        return Work(invocation, context)

    def _guarded(self, work: Work, step: Callable[[Work], None]) -> None:
        try:
            step(work)
        except RequestError as error:
            work.failed = error

    def _start(self, work: Work) -> None:
        work.accept = self._answer_type(work.invocation.accept)
        if self.functions.transform_fn is None:
            work.data = self._decode(work)

    def _answer_type(self, accept: str) -> str:
        """Choose before predicting; a user's function gets the first concrete type, whatever it is."""
        if self.functions.output_fn.by_user or self.functions.transform_fn is not None:
            concrete = (kind.essence for kind in parse_accept(accept) if kind.concrete)
            return next(concrete, self.default_accept)
        return self._codecs.choose(accept, self._framework.accepts, self.default_accept)

    def _decode(self, work: Work) -> Any:
        invocation = work.invocation
        handler = self.functions.input_fn
        readable = self._framework.content_types
        if not handler.by_user:
            refuse_session(invocation, commands_only=not self._all_ours)
            if readable is not None and parse_media_type(invocation.content_type).essence not in readable:
                raise UnsupportedContentType(invocation.content_type, readable)
            return self._call(handler, work, invocation.body, invocation.content_type)
        return self._call(handler, work, as_sent(invocation), invocation.content_type)

    def _predict(self, work: Work) -> None:
        if self.functions.transform_fn is None:
            work.data = self._call(self.functions.predict_fn, work, work.data, self._model)
        else:
            invocation = work.invocation
            args = (self._model, as_sent(invocation), invocation.content_type, work.accept)
            work.data = self._call(self.functions.transform_fn, work, *args)

    def _predict_together(self, works: Sequence[Work]) -> None:
        """Predict all rows at once; where that fails, each by itself, so that one bad request fails alone."""
        rows = joined([work.data for work in works]) if len(works) > 1 else None
        if rows is not None:
            try:
                prediction = self.functions.predict_fn(works[0].context, rows, self._model)
                parts = split(prediction, [len(work.data) for work in works])
            except Exception:  # noqa: BLE001  each request is tried by itself below, and tells its own error
                parts = None
            if parts is not None:
                for work, part in zip(works, parts, strict=True):
                    work.data = part
                return
        for work in works:
            self._guarded(work, self._predict)

    def _finish(self, work: Work) -> Answer | RequestError:
        if work.failed is None:
            try:
                return self._encode(work)
            except RequestError as error:
                work.failed = error
        return work.failed

    def _encode(self, work: Work) -> Answer:
        output_fn, result = self.functions.output_fn, work.data
        streamed = as_iterator(result) is not None and not output_fn.by_user
        if self.functions.transform_fn is None and not streamed:
            result = self._call(output_fn, work, work.data, work.accept)
        content_type = work.accept
        if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], str):  # noqa: PLR2004  (body, type)
            result, content_type = result
        if work.context.answer_headers:
            content_type = work.context.get_response_content_type(0) or content_type
        items = as_iterator(result)
        body = self._bytes(result, content_type) if items is None else self._stream(work, items, content_type)
        return Answer(body, content_type, work.context.answer_status, work.context.answer_headers)

    def _bytes(self, result: Any, content_type: str) -> bytes:
        if isinstance(result, str):
            return result.encode()
        if isinstance(result, (bytes, bytearray, memoryview)):
            return bytes(result)
        return self._codecs.encode(result, content_type)

    def _stream(self, work: Work, items: Iterator[Any], content_type: str) -> Stream:
        """Send items as they come: bytes and texts untouched, others as one line of the type each."""

        def chunk(item: Any) -> bytes:
            line = b"" if isinstance(item, (bytes, str)) else b"\n"
            return self._bytes(item, content_type).removesuffix(line) + line

        stream = Stream(items, chunk)
        self._call(Handler("the stream", by_user=True, call=lambda _context: stream.begin()), work)
        return stream

    def context(self, headers: Mapping[str, str], request_id: str) -> Context:
        known = (self.device, self.environ, self._model, self._users)
        return Context(self._model_dir, self._codecs, headers, request_id, None, *known)

    def converse(self, context: Context, messages: object) -> object:
        """Call the user's function for bidirectional streams; see `speaks`."""
        function = self.functions.bidirectional_fn
        return function(context, messages, self._model) if function else None

    @property
    def checks_health(self) -> bool:
        return self.functions.healthcheck_fn is not None

    def well(self) -> bool:
        """Ask the user's health function; one that raises is an answer too."""
        check = self.functions.healthcheck_fn
        try:
            return check is None or bool(check(self.context({}, ""), self._model))
        except Exception:  # noqa: BLE001  an answer too
            _log.exception("healthcheck_fn failed: /ping answers 503 until it succeeds")
            return False

    @property
    def closes(self) -> bool:
        return self.functions.shutdown_fn is not None

    def close(self) -> None:
        """Call the user's function for the end; one that raises changes nothing about that."""
        end = self.functions.shutdown_fn
        try:
            if end is not None:
                end(self.context({}, ""), self._model)
        except Exception:  # noqa: BLE001  an end all the same
            _log.exception("shutdown_fn failed")

    @property
    def speaks(self) -> bool:
        return self.functions.bidirectional_fn is not None

    def _call(self, handler: Handler, work: Work, *args: Any) -> Any:
        try:
            return handler(work.context, *args)
        except RequestError:
            raise
        except Exception as error:
            raise OutOfMemory(handler.name) if exhausted(error) else HandlerFailed(handler.name, error) from error
