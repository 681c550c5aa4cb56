"""The hosts' metrics in one file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from byoml.environment.paths import ContainerPaths
from byoml.local.metrics import merge_metrics

if TYPE_CHECKING:
    from pathlib import Path


def _host(folder: Path, name: str, **files: str) -> ContainerPaths:
    paths = ContainerPaths(folder / name)
    paths.metrics.mkdir(parents=True)
    for stem, text in files.items():
        (paths.metrics / f"{stem.removeprefix('p')}.json").write_text(text)
    return paths


def _line(name: str, at: float) -> str:
    return json.dumps({"MetricName": name, "Value": 1.0, "Timestamp": at}) + "\n"


def test_all_metrics_are_in_one_file_by_time_with_host_and_process(tmp_path: Path) -> None:
    """Torn lines and other files are passed over."""
    trees = {
        "a": _host(tmp_path, "a", p7=_line("third", 3) + '{"MetricName": "torn", "Va', p8=_line("first", 1)),
        "b": _host(tmp_path, "b", p7=_line("second", 2) + "[1]\n" + '{"Timestamp": "soon"}\n'),
    }
    target = merge_metrics(trees, tmp_path / "metrics.jsonl")
    assert target == tmp_path / "metrics.jsonl"
    assert [json.loads(line) for line in target.read_text().splitlines()] == [
        {"MetricName": "first", "Value": 1.0, "Timestamp": 1, "Host": "a", "Pid": 8},
        {"MetricName": "second", "Value": 1.0, "Timestamp": 2, "Host": "b", "Pid": 7},
        {"MetricName": "third", "Value": 1.0, "Timestamp": 3, "Host": "a", "Pid": 7},
    ]


def test_without_metrics_there_is_no_file(tmp_path: Path) -> None:
    """Most scripts print, and that is all."""
    assert merge_metrics({"a": _host(tmp_path, "a")}, tmp_path / "metrics.jsonl") is None
    assert not (tmp_path / "metrics.jsonl").exists()
