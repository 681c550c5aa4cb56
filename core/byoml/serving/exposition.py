"""The metrics as Prometheus reads them: text, one series a line, all workers together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from byoml.serving.histogram import Histogram
    from byoml.serving.metrics import Snapshot

__all__ = ["CONTENT_TYPE", "exposition"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def exposition(snapshot: Snapshot, facts: Mapping[str, str], memory: Mapping[str, int]) -> str:
    """Write the metrics.

    Args:
        snapshot: What all workers have counted.
        facts: What is served, as labels of `byoml_info`.
        memory: Resident bytes by process.

    Returns:
        Text of `CONTENT_TYPE`.
    """
    return "\n".join((*_counted(snapshot), *_spread(snapshot), *_now(snapshot, memory), *_served(facts), ""))


def _counted(snapshot: Snapshot) -> Iterator[str]:
    statuses = [({"status": status}, count) for status, count in snapshot.requests.items()]
    yield from _family("byoml_requests_total", "counter", "Requests answered, but /ping and /metrics.", statuses)
    types = [({"type": name}, count) for name, count in snapshot.errors.items()]
    yield from _family("byoml_errors_total", "counter", "Errors answered, by the type that the client read.", types)
    yield from _head("byoml_worker_restarts_total", "counter", "Workers started in place of dead ones.")
    yield f"byoml_worker_restarts_total {snapshot.restarts}"


def _spread(snapshot: Snapshot) -> Iterator[str]:
    yield from _head("byoml_request_seconds", "histogram", "Invocations, from the head to the answer's last byte.")
    yield from _histogram("byoml_request_seconds", snapshot.seconds, {})
    yield from _head("byoml_phase_seconds", "histogram", "The same by phase; a batch's requests share its time.")
    for phase, histogram in snapshot.phases.items():
        yield from _histogram("byoml_phase_seconds", histogram, {"phase": phase})
    yield from _head("byoml_batch_size", "histogram", "Requests that were predicted together.")
    yield from _histogram("byoml_batch_size", snapshot.batches, {})


def _now(snapshot: Snapshot, memory: Mapping[str, int]) -> Iterator[str]:
    workers = [({"worker": worker.number}, worker) for worker in snapshot.workers]
    for name, text, values in (
        ("byoml_in_flight", "Requests not answered yet.", [(labels, each.in_flight) for labels, each in workers]),
        ("byoml_queue_depth", "Requests that wait for the model.", [(labels, each.queued) for labels, each in workers]),
        (
            "byoml_model_load_seconds",
            "How long the model took to load.",
            [(labels, each.load_seconds) for labels, each in workers if each.load_seconds],
        ),
        ("byoml_workers", "Worker processes that run.", [({}, sum(1 for each in snapshot.workers if each.pid))]),
        (
            "byoml_memory_bytes",
            "Resident memory of each process.",
            [({"process": process}, size) for process, size in memory.items()],
        ),
        ("byoml_memory_total_bytes", "Resident memory of all processes.", [({}, sum(memory.values()))]),
    ):
        yield from _family(name, "gauge", text, values)


def _served(facts: Mapping[str, str]) -> Iterator[str]:
    yield from _family("byoml_info", "gauge", "What is served.", [(facts, 1)])


def _family(name: str, kind: str, text: str, series: Iterable[tuple[Mapping[str, object], float]]) -> Iterator[str]:
    yield from _head(name, kind, text)
    for labels, value in series:
        yield f"{name}{_labels(labels)} {value:.15g}"


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _histogram(name: str, histogram: Histogram, labels: Mapping[str, object]) -> Iterator[str]:
    bounds = (*(f"{bound:g}" for bound in histogram.bounds), "+Inf")
    for bound, count in zip(bounds, histogram.cumulated, strict=True):
        yield f"{name}_bucket{_labels({**labels, 'le': bound})} {count}"
    yield f"{name}_sum{_labels(labels)} {histogram.total:.15g}"
    yield f"{name}_count{_labels(labels)} {histogram.count}"


def _labels(labels: Mapping[str, object]) -> str:
    inner = ",".join(f'{name}="{str(value).translate(_ESCAPES)}"' for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""
