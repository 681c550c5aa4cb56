"""Counting what may be computed with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from byoml.environment.accelerators import Accelerators, count_cpus

if TYPE_CHECKING:
    from pathlib import Path

_GRANTED = len(os.sched_getaffinity(0))


def _cgroups(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    return folder


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        ({"cpu.max": "100000 100000\n"}, 1),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": "99900000 100000\n"}, _GRANTED),
        ({"cpu.max": "max 100000\n"}, _GRANTED),
        ({"cpu.max": "odd\n"}, _GRANTED),
        ({"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, _GRANTED),
        ({}, _GRANTED),
    ],
)
def test_cpus_are_what_the_affinity_grants_cut_by_the_quota(tmp_path: Path, files: dict[str, str], cpus: int) -> None:
    """Both versions of cgroups count, part of a CPU is one, and no quota is no limit."""
    assert count_cpus(_cgroups(tmp_path, files)) == cpus


def _program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_gpus_and_neuron_cores_are_what_their_tools_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line that starts with GPU is one, MIG slices are not; Neuron devices say how many cores each has."""
    _program(tmp_path, "nvidia-smi", "printf 'GPU 0: A\\n  MIG 1g: 0\\nGPU 1: B\\n'")
    _program(tmp_path, "neuron-ls", """echo '[{"nc_count": 2}, {"nc_count": 4}]'""")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")
    found = Accelerators.probe({})
    assert (found.gpus, found.neurons) == (2, 6)
    assert found.cpus >= 1


@pytest.mark.parametrize("script", ["exit 9", "echo nonsense", "echo '[{}]'", "echo '[3]'"])
def test_a_broken_tool_counts_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A driver that fails does not fail the job."""
    _program(tmp_path, "nvidia-smi", script)
    _program(tmp_path, "neuron-ls", script)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")
    found = Accelerators.probe({})
    assert (found.gpus, found.neurons) == (0, 0)


def test_without_the_tools_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked that is not there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Accelerators.probe({}) == Accelerators(count_cpus(), 0, 0)


_TWO = "printf 'GPU 0: A (UUID: GPU-a1)\\n  MIG 1g.5gb Device 0: (UUID: MIG-x)\\nGPU 1: B (UUID: GPU-b2)\\n'"


@pytest.mark.parametrize(
    ("variables", "gpus"),
    [
        ({"CUDA_VISIBLE_DEVICES": "1"}, 1),
        ({"CUDA_VISIBLE_DEVICES": "1, 0"}, 2),
        ({"CUDA_VISIBLE_DEVICES": ""}, 0),
        ({"CUDA_VISIBLE_DEVICES": "-1"}, 0),
        ({"CUDA_VISIBLE_DEVICES": "1,7,0"}, 1),
        ({"CUDA_VISIBLE_DEVICES": "GPU-b"}, 1),
        ({"CUDA_VISIBLE_DEVICES": "GPU-c"}, 0),
        ({"CUDA_VISIBLE_DEVICES": "MIG-x"}, 1),
        ({"NVIDIA_VISIBLE_DEVICES": "all"}, 2),
        ({"NVIDIA_VISIBLE_DEVICES": "3"}, 1),
        ({"NVIDIA_VISIBLE_DEVICES": "none"}, 0),
        ({"NVIDIA_VISIBLE_DEVICES": "0,1", "CUDA_VISIBLE_DEVICES": "0"}, 1),
    ],
)
def test_gpus_are_those_that_the_container_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], gpus: int
) -> None:
    """Several containers share a machine: each counts its own (contract/inference L-15)."""
    _program(tmp_path, "nvidia-smi", _TWO)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")
    assert Accelerators.probe(variables).gpus == gpus
