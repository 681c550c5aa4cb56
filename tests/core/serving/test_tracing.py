"""Spans, made after the fact from the times that were taken on a request's way."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from byoml.plugin.values import Invocation
from byoml.request_errors import MalformedPayload, RequestError
from byoml.serving.batch import Batch
from byoml.serving.engine import Answer
from byoml.serving.tracing import Tracing

_PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
_PHASES = ["queue", "decode", "predict", "encode"]


@pytest.fixture
def exporter() -> Any:
    """OpenTelemetry's own exporter that keeps what it gets."""
    memory = pytest.importorskip(
        "opentelemetry.sdk.trace.export.in_memory_span_exporter", reason="opentelemetry-sdk is not installed"
    )
    return memory.InMemorySpanExporter()


@pytest.fixture
def tracing(exporter: Any) -> Tracing:
    """What a provider with that exporter makes."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return Tracing(provider)


def _invocation(**headers: str) -> Invocation:
    return Invocation(b"1", "text/csv", "text/csv", headers, "r1")


def test_a_request_s_spans_hang_below_its_caller(tracing: Tracing, exporter: Any) -> None:
    """The request's own is a child of traceparent's, the phases are its children, and each lasts as measured."""
    times = (100.5, 100.6, 102.0, 102.1)
    tracing.record(Batch([_invocation(traceparent=_PARENT)], [100.0], [Answer(b"", "text/csv")], times))

    *phases, root = exporter.get_finished_spans()
    assert f"{root.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert f"{root.parent.span_id:016x}" == "b7ad6b7169203331"
    assert [span.name for span in phases] == _PHASES
    assert {span.parent.span_id for span in phases} == {root.context.span_id}
    seconds = [(span.end_time - span.start_time) / 1e9 for span in (*phases, root)]
    assert seconds == pytest.approx([0.5, 0.1, 1.4, 0.1, 2.1])
    assert root.status.is_ok or root.status.is_unset


def test_each_request_of_a_batch_has_its_own_spans(tracing: Tracing, exporter: Any) -> None:
    """Two callers, two traces; a request without a caller begins one."""
    invocations = [_invocation(traceparent=_PARENT), _invocation()]
    answers: list[Answer | RequestError] = [Answer(b"", "text/csv"), MalformedPayload("text/csv", "no")]
    tracing.record(Batch(invocations, [1.0, 1.1], answers, (2.0, 2.1, 2.2, 2.3)))

    roots = [span for span in exporter.get_finished_spans() if span.name == "POST /invocations"]
    assert [root.parent is None for root in roots] == [False, True]
    assert len({root.context.trace_id for root in roots}) == 2
    assert [root.attributes["http.response.status_code"] for root in roots] == [200, 400]
    assert [root.attributes.get("error.type") for root in roots] == [None, "MalformedPayload"]
    assert [root.attributes["byoml.batch_size"] for root in roots] == [2, 2]


def test_what_broke_off_has_the_spans_that_it_came_to(tracing: Tracing, exporter: Any) -> None:
    """Where the engine itself failed there are fewer times, and still a span."""
    tracing.record(Batch([_invocation()], [1.0], [Answer(b"", "text/csv", 500)], (2.0, 3.0)))
    assert [span.name for span in exporter.get_finished_spans()] == ["queue", "decode", "POST /invocations"]


def test_where_nothing_is_configured_nothing_is_imported() -> None:
    """Installed is not configured: the server starts no slower for it."""
    code = (
        "import sys; from byoml.serving.tracing import find_tracing;"
        "print(find_tracing({'OTEL_TRACES_EXPORTER': 'none'}), *sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert told[0] == "None"
    assert not [name for name in told if name.startswith("opentelemetry")]


def test_an_exporter_that_there_is_not_is_said_and_the_server_starts() -> None:
    """In a process of its own, as OpenTelemetry's provider is set once a process."""
    pytest.importorskip("opentelemetry.sdk", reason="opentelemetry-sdk is not installed")
    code = (
        "from byoml import log; log.configure(20); from byoml.serving.tracing import find_tracing;"
        "find_tracing({'OTEL_TRACES_EXPORTER': 'carrier-pigeon'})"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr
    assert "carrier-pigeon" in told
