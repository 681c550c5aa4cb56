"""What a running endpoint tells of itself: /metrics over all workers, one log line a failure, spans."""

from __future__ import annotations

import json
import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from blackbox import wait_until
from serve_process import Server, serving, start, stop, wait_until_ready

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_JSON = {"Content-Type": "application/json", "Accept": "application/json"}
_SCRIPT = """\
import os, sys, time

def predict_fn(data, model):
    if data == "process":
        return os.getpid()
    if data == "modules":
        return sorted(sys.modules)
    if data == "raise":
        raise RuntimeError("the secret\\nof two lines")
    if isinstance(data, dict):
        while not os.path.exists(data["wait"]):
            time.sleep(0.01)
    return data
"""


@contextmanager
def _serving(folder: Path, script: str = _SCRIPT, **variables: str) -> Iterator[Server]:
    with serving({"inference.py": script}, folder, variables) as server:
        try:
            yield server
        finally:
            (folder / "go").touch()


def _ask(server: Server, data: object, **headers: str) -> Any:
    return server.ask("POST", "/invocations", json.dumps(data).encode(), {**_JSON, **headers})


def _values(server: Server) -> dict[str, float]:
    """Read /metrics: each series' value by the text before it."""
    answer = server.ask("GET", "/metrics")
    assert answer.status == 200
    assert answer.content_type == "text/plain"
    lines = (line for line in answer.body.decode().splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def _answered(server: Server, number: int) -> dict[str, float]:
    """Wait until so many requests are counted, which they are right after their last byte; give the metrics."""

    def counted() -> float:
        return sum(value for name, value in _values(server).items() if name.startswith("byoml_requests_total"))

    assert wait_until(lambda: counted() == number, 20), counted()
    return _values(server)


def _counters(values: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if re.match(r"\w+(_total|_count|_sum|_bucket)\b", name)}


def _events(server: Server) -> list[dict[str, Any]]:
    """Read a log that is JSON: every line of it."""
    return [json.loads(line) for line in server.told().splitlines()]


def test_all_workers_are_counted_whoever_answers_the_scrape(tmp_path: Path) -> None:
    """After 300 good and 50 bad requests to two workers, every scrape has all 350 of them (I-3, L-11)."""
    with _serving(tmp_path) as server, ThreadPoolExecutor(8) as pool:
        processes = {answer.body for answer in pool.map(lambda _: _ask(server, "process"), range(300))}
        bad = list(pool.map(lambda _: server.ask("POST", "/invocations", b"{", _JSON), range(50)))
        assert len(processes) == 2
        assert {answer.status for answer in bad} == {400}
        _answered(server, 350)
        for _ in range(20):
            values = _values(server)
            assert values['byoml_requests_total{status="200"}'] == 300
            assert values['byoml_requests_total{status="400"}'] == 50
            assert values['byoml_errors_total{type="MalformedPayload"}'] == 50
            assert values["byoml_request_seconds_count"] == 350
            for phase in ("queue", "decode", "predict", "encode"):
                assert values[f'byoml_phase_seconds_count{{phase="{phase}"}}'] == 350
            assert values["byoml_batch_size_sum"] == 350
            assert values["byoml_workers"] == 2


def test_a_killed_worker_takes_nothing_that_was_counted_with_it(tmp_path: Path) -> None:
    """No counter goes backwards when a worker is killed and replaced, and the restart is counted (L-11)."""
    with _serving(tmp_path) as server, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _ask(server, "process"), range(100)))
        before = _answered(server, 100)
        assert before['byoml_requests_total{status="200"}'] == 100

        os.kill(int(answers[0].body), signal.SIGKILL)
        assert wait_until(lambda: _values(server).get("byoml_worker_restarts_total") == 1, 20)
        assert wait_until(lambda: _values(server)["byoml_workers"] == 2, 20)
        assert all(_ask(server, 1).status == 200 for _ in range(10))

        after = _answered(server, 110)
        assert after['byoml_requests_total{status="200"}'] == 110
        falling = {name for name, value in _counters(before).items() if after[name] < value}
        assert falling == set()


def test_what_waits_is_seen_while_it_waits(tmp_path: Path) -> None:
    """One worker predicts one request while two wait: three in flight, two in the queue; afterwards none."""
    with _serving(tmp_path, SAGEMAKER_MODEL_SERVER_WORKERS="1") as server, ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(_ask, server, {"wait": str(tmp_path / "go")}) for _ in range(3)]

        def gauges() -> tuple[float, float]:
            values = _values(server)
            return values['byoml_in_flight{worker="0"}'], values['byoml_queue_depth{worker="0"}']

        assert wait_until(lambda: gauges() == (3, 2), 20), gauges()
        (tmp_path / "go").touch()
        assert [answer.result().status for answer in waiting] == [200, 200, 200]
        assert wait_until(lambda: gauges() == (0, 0), 20), gauges()


def test_phases_add_up_to_what_a_request_took(tmp_path: Path) -> None:
    """Prediction's share is the time that the model took, and no phase has more than the whole."""
    script = "import time\n\ndef predict_fn(data, model):\n    time.sleep(0.2)\n    return data\n"
    with _serving(tmp_path, script) as server:
        assert _ask(server, 1).status == 200
        values = _answered(server, 1)
        phases = {
            phase: values[f'byoml_phase_seconds_sum{{phase="{phase}"}}']
            for phase in ("queue", "decode", "predict", "encode")
        }
        whole = values["byoml_request_seconds_sum"]
        assert phases["predict"] >= 0.2
        assert sum(phases.values()) <= whole
        assert all(phases[phase] < 0.1 for phase in ("queue", "decode", "encode"))


def test_memory_is_that_of_the_processes(tmp_path: Path) -> None:
    """A worker that takes 100 MB shows them; the sum is over workers and their parent."""
    script = """\
import os
kept = []

def predict_fn(data, model):
    kept.append(b"x" * data)
    return os.getpid()
"""
    with _serving(tmp_path, script, SAGEMAKER_MODEL_SERVER_WORKERS="1") as server:
        before = _values(server)
        assert _ask(server, 100_000_000).status == 200
        after = _values(server)
        grown = after['byoml_memory_bytes{process="worker-0"}'] - before['byoml_memory_bytes{process="worker-0"}']
        assert 95_000_000 < grown < 130_000_000
        each = [value for name, value in after.items() if name.startswith("byoml_memory_bytes{")]
        assert len(each) == 2
        assert after["byoml_memory_total_bytes"] == sum(each)


def test_metrics_are_there_while_the_model_is_being_loaded(tmp_path: Path) -> None:
    """A scrape never waits for the model; what it does not know yet is left out, and the refused request counts."""
    script = f"""\
import os, time

def model_fn(model_dir):
    while not os.path.exists({str(tmp_path / "go")!r}):
        time.sleep(0.01)

def predict_fn(data, model):
    return data
"""
    server = start({"inference.py": script}, tmp_path, {})
    try:
        assert wait_until(lambda: server.ping() == 503, 20)
        assert _ask(server, 1).status == 503
        values = _values(server)
        assert values['byoml_errors_total{type="ModelNotReady"}'] == 1
        assert not any(name.startswith("byoml_model_load_seconds") for name in values)
        (tmp_path / "go").touch()
        wait_until_ready(server)
        assert {'byoml_model_load_seconds{worker="0"}', 'byoml_model_load_seconds{worker="1"}'} <= _values(
            server
        ).keys()
    finally:
        (tmp_path / "go").touch()
        stop(server)


def test_pings_and_scrapes_are_neither_counted_nor_logged(tmp_path: Path) -> None:
    """They come all day long; the log has ping's changes of state only (H-16)."""
    with _serving(tmp_path) as server:
        told = server.told()
        for _ in range(50):
            assert server.ping() == 200
            _values(server)
        assert server.told() == told
        assert not any(name.startswith("byoml_requests_total") for name in _values(server))
        assert told.count("/ping answers 200") == 1


def test_each_failure_is_one_line_with_all_that_finds_it(tmp_path: Path) -> None:
    """Request and inference id, status, type and latency, of client's and of our errors; a good request has none."""
    with _serving(tmp_path) as server:
        before = server.told()
        assert _ask(server, 1).status == 200
        assert server.told() == before
        bad = server.ask("POST", "/invocations", b'{"name": ', _JSON)
        named = _ask(server, 1, **{"Content-Type": "application/x-odd", "X-Amzn-SageMaker-Inference-Id": "mine 1"})
        broken = _ask(server, "raise")
        assert (bad.status, named.status, broken.status) == (400, 415, 500)

        lines = [line for line in server.told().splitlines() if "request failed" in line]
        assert len(lines) == 3
        assert f"request_id={json.loads(bad.body)['request_id']} " in lines[0]
        assert "status=400 type=MalformedPayload latency_ms=" in lines[0]
        assert 'inference_id="mine 1"' in lines[1]
        assert "WARNING" in lines[1]
        assert "ERROR" in lines[2]
        assert "status=500 type=UserCodeError" in lines[2]
        assert server.told().count("RuntimeError: the secret") == 2  # in the line, and at the end of the traceback
        assert "line 9, in predict_fn" in server.told()


def test_a_log_of_json_has_one_object_a_line(tmp_path: Path) -> None:
    """Also where the traceback has many lines; start-up's own lines and gunicorn's are of that form too (L-10)."""
    with _serving(tmp_path, BYOML_LOG_FORMAT="json") as server:
        answer = _ask(server, "raise", **{"X-Amzn-SageMaker-Inference-Id": "id-7"})
        assert answer.status == 500
        worker = json.loads(_ask(server, "process").body)
        os.kill(worker, signal.SIGKILL)
        assert wait_until(lambda: "SIGKILL" in server.told(), 20)
        events = _events(server)
    (event,) = [event for event in events if event.get("type")]
    assert event["level"] == "ERROR"
    assert event["request_id"] == event["inference_id"] == "id-7"
    assert event["received_bytes"] == str(len('"raise"'))
    assert (event["status"], event["type"], event["path"]) == (500, "UserCodeError", "/invocations")
    assert event["latency_ms"] > 0
    assert "RuntimeError: the secret\nof two lines" in event["traceback"]
    assert all({"time", "level", "logger", "message"} <= event.keys() for event in events)


def test_what_was_sent_is_never_in_the_log(tmp_path: Path) -> None:
    """A cell of a table that cannot be read may be somebody's name."""
    with _serving(tmp_path) as server:
        for kind, body in (
            ("application/json", b'{"Anna": Smith}'),
            ("text/csv", b'1,2\n"Anna Smith'),
            ("text/csv", b"\xff\xfeAnna"),
        ):
            assert server.ask("POST", "/invocations", body, {**_JSON, "Content-Type": kind}).status == 400
        assert "MalformedPayload" in server.told()
        assert "Anna" not in server.told()
        assert "Smith" not in server.told()


def test_flask_is_loaded_only_where_the_console_is_on(tmp_path: Path) -> None:
    """A container that serves a model pays nothing for pages; nor for OpenTelemetry where it is not configured."""
    variables = {"BYOML_DISABLED_PLUGINS": "journal"}
    for console, there in (("", False), ("1", True)):
        folder = tmp_path / f"console{console}"
        with _serving(folder, BYOML_CONSOLE=console, **variables) as server:
            modules = set(json.loads(_ask(server, "modules").body))
            assert ("flask" in modules) is there
            assert "opentelemetry" not in modules


_PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def _spans(folder: Path) -> list[dict[str, Any]]:
    """Read what OpenTelemetry's console exporter printed: JSON objects one after the other."""
    text = (folder / "stdout").read_text("utf-8").strip()
    spans, decoder = [], json.JSONDecoder()
    while text:
        span, end = decoder.raw_decode(text)
        spans.append(span)
        text = text[end:].lstrip()
    return spans


def test_spans_follow_the_callers(tmp_path: Path) -> None:
    """One span a request below the span that its traceparent names, and one a phase below that (L-10)."""
    pytest.importorskip("opentelemetry.sdk", reason="opentelemetry-sdk is not installed: byoml[otel] brings it")
    with _serving(tmp_path, OTEL_TRACES_EXPORTER="console", OTEL_SERVICE_NAME="iris") as server:
        assert _ask(server, 1, traceparent=_PARENT).status == 200
        assert _ask(server, "raise").status == 500

    spans = _spans(tmp_path)
    roots = [span for span in spans if span["name"] == "POST /invocations"]
    assert len(roots) == 2
    (good,) = [span for span in roots if span["parent_id"] == "0xb7ad6b7169203331"]
    (bad,) = [span for span in roots if span is not good]
    assert good["context"]["trace_id"] == "0x0af7651916cd43dd8448eb211c80319c"
    assert good["attributes"]["http.response.status_code"] == 200
    assert good["resource"]["attributes"]["service.name"] == "iris"
    phases = sorted(
        (span for span in spans if span["parent_id"] == good["context"]["span_id"]), key=lambda span: span["start_time"]
    )
    assert [span["name"] for span in phases] == ["queue", "decode", "predict", "encode"]
    assert all(before["end_time"] == after["start_time"] for before, after in pairwise(phases))
    assert (good["start_time"], good["end_time"]) == (phases[0]["start_time"], phases[-1]["end_time"])
    assert bad["attributes"]["error.type"] == "UserCodeError"
    assert bad["status"]["status_code"] == "ERROR"
