"""OpenTelemetry spans, where its package is installed and configured; else nothing is imported and nothing costs."""

from __future__ import annotations

import logging
import re
import sys
import time
from importlib.metadata import entry_points
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from byoml import __version__
from byoml.serving.metrics import PHASES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.serving.batch import Batch

__all__ = ["Tracing", "find_tracing"]

_log = logging.getLogger("byoml.serving")
_NAMED = "OTEL_TRACES_EXPORTER"
_NANOSECONDS = 1_000_000_000
_SERVER_ERROR = 500


def find_tracing(environ: Mapping[str, str]) -> Tracing | None:
    """Find what spans go to; called once in each worker, when the user's module has been imported.

    Args:
        environ: `OTEL_TRACES_EXPORTER` names exporters, as OpenTelemetry has it; it reads more variables itself.

    Returns:
        None where neither that variable nor the user's code nor `opentelemetry-instrument` has configured it.
    """
    named = [name for name in re.split(r"[\s,]+", environ.get(_NAMED, "")) if name not in ("", "none")]
    if not named and "opentelemetry.trace" not in sys.modules:
        return None
    if find_spec("opentelemetry") is None:
        _log.warning("%s is set, but OpenTelemetry is not installed: pip install 'byoml[otel]'", _NAMED)
        return None
    from opentelemetry import trace

    if named and _unset(trace.get_tracer_provider()):
        _configure(named)
    provider = trace.get_tracer_provider()
    return None if _unset(provider) else Tracing(provider)


def _unset(provider: object) -> bool:
    from opentelemetry import trace

    return isinstance(provider, (trace.ProxyTracerProvider, trace.NoOpTracerProvider))


def _configure(names: list[str]) -> None:
    """Set up what the variable names; a server without spans is better than none."""
    from opentelemetry import trace

    try:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider = TracerProvider()  # it reads the service's name and the sampler from OpenTelemetry's variables
        for name in names:
            (exporter,) = entry_points(group="opentelemetry_traces_exporter", name=name) or (None,)
            if exporter is None:
                _log.warning("no installed package brings the exporter %r of %s", name, _NAMED)
                continue
            provider.add_span_processor(BatchSpanProcessor(exporter.load()()))
        trace.set_tracer_provider(provider)
    except Exception as error:  # noqa: BLE001  whatever its exporters raise
        _log.warning("OpenTelemetry could not be configured, there will be no spans: %s", error)


class Tracing:
    """Makes the spans of requests that have been answered, from the times that were taken on their way.

    Args:
        provider: OpenTelemetry's tracer provider.
    """

    def __init__(self, provider: Any) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("byoml", __version__)

    def record(self, batch: Batch) -> None:
        """Make one span a request, child of the one that its headers name, with one child for each phase."""
        origin = time.time_ns() - int(time.perf_counter() * _NANOSECONDS)
        for invocation, came, answer in zip(batch.invocations, batch.came, batch.answers, strict=True):
            borders = [origin + int(moment * _NANOSECONDS) for moment in (came, *batch.times)]
            attributes: dict[str, str | int] = {
                "http.request.method": "POST",
                "http.route": "/invocations",
                "http.response.status_code": answer.status,
                "byoml.request_id": invocation.request_id,
                "byoml.batch_size": len(batch.invocations),
            }
            self._spans(invocation.headers, borders, attributes, getattr(answer, "type", None))

    def _spans(
        self, headers: Mapping[str, str], borders: list[int], attributes: dict[str, str | int], failed: str | None
    ) -> None:
        from opentelemetry import propagate, trace

        span = self._tracer.start_span(
            "POST /invocations",
            context=propagate.extract(headers),
            kind=trace.SpanKind.SERVER,
            attributes=attributes,
            start_time=borders[0],
        )
        within = trace.set_span_in_context(span)
        for phase, (start, end) in zip(PHASES, pairwise(borders), strict=False):
            self._tracer.start_span(phase, context=within, start_time=start).end(end)
        if failed:
            span.set_attribute("error.type", failed)
            if int(attributes["http.response.status_code"]) >= _SERVER_ERROR:
                span.set_status(trace.StatusCode.ERROR)
        span.end(borders[-1])

    def stop(self) -> None:
        """Send what has not been sent; called when the worker ends."""
        flush = getattr(self._provider, "force_flush", None)
        if flush is not None:
            flush()
