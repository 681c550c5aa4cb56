"""How much memory is left."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from byoml.environment.memory import Memory, probe_memory

if TYPE_CHECKING:
    from pathlib import Path

_MACHINE = {"proc/meminfo": "MemTotal:    1000 kB\nMemAvailable:  700 kB\nHugePages_Total:  0\n"}
_KB = 1024


def _v2(folder: str, limit: object, used: int, cache: int = 0) -> dict[str, str]:
    return {
        f"{folder}/memory.max": f"{limit}\n",
        f"{folder}/memory.current": f"{used * _KB}\n",
        f"{folder}/memory.stat": f"anon 1\ninactive_file {cache * _KB}\n",
    }


def _v1(folder: str, limit: int, used: int, cache: int = 0) -> dict[str, str]:
    return {
        f"{folder}/memory.limit_in_bytes": f"{limit}\n",
        f"{folder}/memory.usage_in_bytes": f"{used * _KB}\n",
        f"{folder}/memory.stat": f"total_inactive_file {cache * _KB}\n",
    }


@pytest.mark.parametrize(
    ("files", "total", "free"),
    [
        ({}, 1000, 700),
        (_v2("cgroup", 500 * _KB, 200, cache=50), 500, 350),
        (_v2("cgroup", "max", 200), 1000, 700),
        (_v2("cgroup", 900 * _KB, 950), 900, 0),
        ({"proc/self/cgroup": "0::/job/one\n", **_v2("cgroup/job", 400 * _KB, 100)}, 400, 300),
        (
            {"proc/self/cgroup": "0::/job\n", **_v2("cgroup/job", 400 * _KB, 100), **_v2("cgroup", 600 * _KB, 500)},
            600,
            100,
        ),
        (_v1("cgroup/memory", 500 * _KB, 200, cache=50), 500, 350),
        (_v1("cgroup/memory", 9223372036854771712, 200), 1000, 700),
        ({"proc/self/cgroup": "4:cpu:/x\n3:memory:/job\n", **_v1("cgroup/memory/job", 300 * _KB, 100)}, 300, 200),
        ({"proc/self/cgroup": "4:cpu:/job\n", **_v2("cgroup/job", 300 * _KB, 100)}, 1000, 700),
    ],
)
def test_the_tightest_limit_counts(tmp_path: Path, files: dict[str, str], total: int, free: int) -> None:
    """The machine's, our cgroup's or that of one above, in both versions; cache that would give way is free."""
    for name, content in {**_MACHINE, **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert probe_memory(tmp_path / "cgroup", tmp_path / "proc") == Memory(total * _KB, free * _KB)


def test_where_the_system_does_not_tell_nothing_is_known(tmp_path: Path) -> None:
    """Such as on macOS: no measure is better than a wrong one."""
    assert probe_memory(tmp_path, tmp_path) is None


def test_this_machine_is_measured() -> None:
    """With the real files of the system that the test runs on."""
    memory = probe_memory()
    if not os.path.exists("/proc/meminfo"):  # noqa: PTH110
        assert memory is None
        return
    assert memory is not None
    assert 0 < memory.free < memory.total
