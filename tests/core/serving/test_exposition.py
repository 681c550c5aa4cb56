"""The metrics as text, read by Prometheus' own parser."""

from __future__ import annotations

import pytest
from byoml.serving.exposition import exposition
from byoml.serving.metrics import Metrics

parser = pytest.importorskip("prometheus_client.parser", reason="prometheus_client is not installed: it reads the text")


def _read(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Read the text with Prometheus' own parser: values by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def metrics() -> Metrics:
    """One request, one error, and one batch of two."""
    metrics = Metrics(2)
    metrics.claim(0)
    meter = metrics.meter(0)
    meter.begin()
    meter.end(200, 0.003, predicted=True)
    meter.fail("MalformedPayload")
    meter.batch((0.001, 0.002), 0.0001, 0.01, 0.0001)
    meter.loaded(1.5)
    return metrics


def test_prometheus_reads_all_of_it(metrics: Metrics) -> None:
    """Every number is there under its name and labels."""
    values = _read(exposition(metrics.read(), {"framework": "xgboost"}, {"server": 10, "worker-0": 32}))

    for name, labels, value in (
        ("byoml_requests_total", {"status": "200"}, 1),
        ("byoml_errors_total", {"type": "MalformedPayload"}, 1),
        ("byoml_request_seconds_count", {}, 1),
        ("byoml_phase_seconds_count", {"phase": "predict"}, 2),
        ("byoml_batch_size_sum", {}, 2),
        ("byoml_in_flight", {"worker": "0"}, 0),
        ("byoml_queue_depth", {"worker": "1"}, 0),
        ("byoml_model_load_seconds", {"worker": "0"}, 1.5),
        ("byoml_workers", {}, 1),
        ("byoml_worker_restarts_total", {}, 0),
        ("byoml_memory_bytes", {"process": "worker-0"}, 32),
        ("byoml_memory_total_bytes", {}, 42),
        ("byoml_info", {"framework": "xgboost"}, 1),
    ):
        assert values[(name, tuple(sorted(labels.items())))] == value


def test_buckets_are_cumulative_and_the_last_is_the_count(metrics: Metrics) -> None:
    """Prometheus asks for both."""
    text = exposition(metrics.read(), {}, {})
    buckets = [line for line in text.splitlines() if line.startswith("byoml_request_seconds_bucket")]
    counts = [int(line.split()[-1]) for line in buckets]
    assert counts == sorted(counts)
    assert 'le="+Inf"' in buckets[-1]
    assert counts[-1] == 1
    assert counts[0] == 0


def test_each_family_says_once_what_it_is(metrics: Metrics) -> None:
    """One HELP and one TYPE line before its series, as the format demands."""
    lines = exposition(metrics.read(), {"framework": "none"}, {"server": 1}).splitlines()
    told = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(told) == len(set(told))
    assert told == [line.split()[2] for line in lines if line.startswith("# HELP")]


def test_a_label_may_hold_anything() -> None:
    """Quotes, backslashes and line ends are escaped, so that they come out as they went in."""
    strange = 'a "quoted" \\ back\nslash'
    values = _read(exposition(Metrics(1).read(), {"framework": strange}, {}))
    assert values[("byoml_info", (("framework", strange),))] == 1
