"""A whole batch transform on this machine, in order."""

from __future__ import annotations

import dataclasses
import logging
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from byoml.child import Stopper
from byoml.errors import ByomlError, SettingError
from byoml.local.endpoint import free_port, ready
from byoml.local.transform import parameters
from byoml.local.transform.assembling import Output, inputs, output_of
from byoml.local.transform.joining import Joiner
from byoml.local.transform.sending import Payload, Sender
from byoml.local.transform.splitting import split
from byoml.local.transform.values import TransformResult
from byoml.local.tree import check_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from contextlib import AbstractContextManager
    from pathlib import Path

    from byoml.local.endpoint import Server
    from byoml.local.transform.parameters import Parameters
    from byoml.local.transform.sending import Response
    from byoml.local.transform.splitting import Span
    from byoml.local.transform.values import TransformSpec

    #: Told how many bytes there are, gives what is told how many more are done.
    Watch = Callable[[int], AbstractContextManager[Callable[[int], None]]]

__all__ = ["transform"]

# Answers may come out of order: so many requests a connection are on their way, or answered and waiting for their turn.
_AHEAD = 4

_log = logging.getLogger("byoml.local")


@contextmanager
def _unwatched(_total: int) -> Iterator[Callable[[int], None]]:
    yield lambda _done: None


def transform(
    spec: TransformSpec,
    environ: Mapping[str, str],
    tell: Callable[[str], None] = _log.debug,
    watch: Watch = _unwatched,
) -> TransformResult:
    """Run a batch transform: a `serve` process, and a file `<input>.out` for each file that all of it answers.

    Args:
        spec: The transform.
        environ: The user's environment.
        tell: Called with what happens now, one line each.
        watch: Told how many bytes of input there are, and how many are done.

    Returns:
        What it left; a file that fails has no output, and the others are transformed all the same.

    Raises:
        SettingError: An option's value is not possible.
        SourceError: The model or the source is no archive.
        UnjoinableError: The input's content type can be neither filtered nor joined.
        ScriptMissingError: `serve` is not installed where this Python's scripts are.
        EndpointError: The endpoint did not become ready, or ended.
        ExecutionParametersError: The endpoint asks for what there is not.
        Stopped: A signal came.
    """
    parameters.check(spec)
    joiner = Joiner.of(spec)
    check_source(spec.endpoint.source)
    files = inputs(spec.input, spec.output)
    if not files:
        raise SettingError("--input", str(spec.input), "a file, or a folder with files that are not in --output")
    env = {**parameters.variables(spec), **spec.endpoint.env}
    endpoint = dataclasses.replace(spec.endpoint, env=env)
    with Stopper().listening(), ready(endpoint, environ, free_port(), tell) as server:
        settled = parameters.settle(spec, parameters.ask(server.port))
        tell(f"transforming; files: {len(files)}, requests at once: {settled.concurrent}")
        with watch(sum(file.stat().st_size for file in files)) as advance, _sender(spec, server, settled) as sender:
            run = _Run(spec, joiner, settled, sender, advance)
            result = run.all(files)
        if result.failures and server.process.poll() is not None:
            server.wait()
    return result


@contextmanager
def _sender(spec: TransformSpec, server: Server, settled: Parameters) -> Iterator[Sender]:
    said = {"Content-Type": spec.content_type, "Accept": spec.accept}
    headers = {name: value for name, value in said.items() if value is not None}
    sender = Sender(server.port, headers, settled.concurrent, spec.retries)
    try:
        yield sender
    finally:
        sender.close()


class _File:
    """One input on its way."""

    def __init__(self, path: Path, output: Output, advance: Callable[[int], None]) -> None:
        self.path = path
        self.output = output
        self.failure: ByomlError | None = None
        self._left = path.stat().st_size
        self._advance = advance

    def done(self, count: int) -> None:
        self._left -= count
        self._advance(count)

    def end(self) -> None:
        """Put the output in its place, or leave nothing of it."""
        self.done(self._left)
        if self.failure is None:
            self.output.finish()
        else:
            self.output.discard()


class _Run:
    """All files of a transform, through one sender; answers are taken in the order of the records."""

    def __init__(
        self,
        spec: TransformSpec,
        joiner: Joiner,
        settled: Parameters,
        sender: Sender,
        advance: Callable[[int], None],
    ) -> None:
        self._spec = spec
        self._joiner = joiner
        self._settled = settled
        self._sender = sender
        self._advance = advance
        self._waiting: deque[tuple[_File, Span, Future[Response]] | _File] = deque()

    def all(self, paths: Sequence[Path]) -> TransformResult:
        files = []
        try:
            for path in paths:
                target = output_of(path, self._spec.input, self._spec.output)
                files.append(_File(path, Output(target, by_line=self._spec.assemble == "Line"), self._advance))
                self._send(files[-1])
            while self._waiting:
                self._take()
        except BaseException:
            for file in files:
                file.output.discard()
            raise
        failures = tuple((file.path, file.failure) for file in files if file.failure is not None)
        return TransformResult(tuple(file.output.path for file in files if file.failure is None), failures)

    def _send(self, file: _File) -> None:
        by_line, limit = self._spec.split == "Line", self._settled.limit
        try:
            for span in split(file.path, by_line=by_line, several=self._settled.several, limit=limit):
                if file.failure is not None:
                    break
                payload = Payload(span, self._joiner.filtered(span), chunked=not limit)
                self._waiting.append((file, span, self._sender.send(payload)))
                while len(self._waiting) >= _AHEAD * self._settled.concurrent:
                    self._take()
        except ByomlError as error:
            file.failure = file.failure or error
        self._waiting.append(file)

    def _take(self) -> None:
        """Take the oldest answer, or the end of a file."""
        item = self._waiting.popleft()
        if isinstance(item, _File):
            item.end()
            return
        file, span, future = item
        if file.failure is not None:
            future.cancel()
        try:
            self._write(file, span, future)
        except ByomlError as error:
            file.failure = file.failure or error

    def _write(self, file: _File, span: Span, future: Future[Response]) -> None:
        if future.cancelled():
            return
        response = future.result()
        with response.body:
            if file.failure is not None:
                return
            if self._joiner.changes_output:
                file.output.records(self._joiner.lines(span, response))
            else:
                file.output.answer(response.body)
        file.done(span.stop - span.start)
