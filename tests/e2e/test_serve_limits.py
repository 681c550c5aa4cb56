"""The endpoint in a container with limits: of memory, of GPUs, of where it may write; and as its first process."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from blackbox import console_script, wait_until
from isolation import first_process_of, isolated
from serve_process import Server, serving, start, wait_until_ready

if TYPE_CHECKING:
    from pathlib import Path

_MEGABYTE = 2**20
_MODEL_MEGABYTES = 200
_LARGE = f"""\
import os

def model_fn(model_dir):
    return bytearray(os.urandom(1)) * ({_MODEL_MEGABYTES} * 2**20)

def predict_fn(data, model):
    return [os.getpid()]
"""
_KILLED = """\
import os, signal

def model_fn(model_dir):
    with open(os.path.join(model_dir, "loads"), "a") as loads:
        loads.write("x")
    os.kill(os.getpid(), signal.SIGKILL)
"""
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


def _ask(server: Server, body: object) -> Any:
    answer = server.ask("POST", "/invocations", json.dumps(body).encode(), _JSON)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def _four_gpus(folder: Path) -> str:
    """Lay a driver's tool that lists four GPUs; give a PATH with it."""
    (folder / "bin").mkdir()
    tool = folder / "bin/nvidia-smi"
    tool.write_text('#!/bin/sh\nfor n in 0 1 2 3; do echo "GPU $n: A (UUID: GPU-$n)"; done\n')
    tool.chmod(0o755)
    return os.pathsep.join([str(folder / "bin"), os.path.dirname(console_script("serve")), os.defpath])  # noqa: PTH120


def _cgroup(folder: Path, megabytes: int) -> list[str]:
    """Let `serve` find a limit of memory, none of which is used."""
    files = {"memory.max": str(megabytes * _MEGABYTE), "memory.current": "0", "memory.stat": "inactive_file 0"}
    group = folder / "cgroup"
    group.mkdir()
    for name, text in files.items():
        (group / name).write_text(f"{text}\n")
    return isolated(
        "--mount", "--map-root-user", setup=f"mount -t tmpfs none /sys/fs/cgroup\ncp '{group}'/* /sys/fs/cgroup"
    )


@pytest.mark.parametrize(("limit", "workers"), [(_MODEL_MEGABYTES // 2 + 100, 1), (_MODEL_MEGABYTES * 3 // 2 + 100, 2)])
def test_no_more_workers_than_memory_holds(tmp_path: Path, limit: int, workers: int) -> None:
    """One loads and is measured; GPUs would allow three, the cgroup's memory fewer, and one line says why (L-1)."""
    variables = {
        "SAGEMAKER_MODEL_SERVER_WORKERS": "auto",
        "BYOML_SPARE_MEMORY_MB": "100",
        "PATH": _four_gpus(tmp_path),
        "CUDA_VISIBLE_DEVICES": "0,1,2",
    }
    with serving({"inference.py": _LARGE}, tmp_path, variables, _cgroup(tmp_path, limit)) as server:
        pids = {_ask(server, [1])[0] for _ in range(20)}
        assert "3 workers (one for each GPU)" in server.told()
        assert f"{workers} workers in place of 3: each takes 2" in server.told()
        assert 1 <= len(pids) <= workers


def test_all_workers_start_where_memory_holds_them(tmp_path: Path) -> None:
    """The ones that had to wait for the first one's measure load as well, and then /ping answers 200."""
    variables = {"SAGEMAKER_MODEL_SERVER_WORKERS": "auto", "PATH": _four_gpus(tmp_path), "CUDA_VISIBLE_DEVICES": "1,0"}
    script = "import os\ndef predict_fn(data, model):\n    return [os.getpid()]\n"
    with serving({"inference.py": script}, tmp_path, variables, _cgroup(tmp_path, 500)) as server:
        assert wait_until(lambda: len({_ask(server, [1])[0] for _ in range(20)}) == 2, 20)
        assert "in place of" not in server.told()


def test_a_model_whose_worker_is_always_killed_ends_the_container(tmp_path: Path) -> None:
    """After three tries, and with a last line that names the memory and what to do (7-31)."""
    server = start({"inference.py": _KILLED}, tmp_path)
    try:
        assert server.process.wait(60) == 1
        lines = server.told().splitlines()
        assert "most probably the memory" in "\n".join(lines)
        assert "does not fit into the memory" in lines[-1]
        assert "SAGEMAKER_MODEL_SERVER_WORKERS" in lines[-1]
        assert 3 <= len((tmp_path / "ml/model/loads").read_text()) <= 4
    finally:
        server.process.kill()
        server.process.wait()


_STARTS_OTHERS = """\
import os, subprocess

def predict_fn(data, model):
    if data == "start":
        done = subprocess.run(["sh", "-c", "sleep 0.2 >&- & echo $!; exit 7"], stdout=subprocess.PIPE, text=True)
        return [done.returncode, int(done.stdout), os.getppid()]
    return [os.path.exists(f"/proc/{data}")]
"""


def test_as_pid_1_orphans_are_reaped_and_nobody_s_exit_code_is_taken(tmp_path: Path) -> None:
    """What a function leaves running becomes the first process's, and goes away when it ends (L-7)."""
    prefix = isolated("--pid", "--fork", "--kill-child", "--mount-proc")
    server = start({"inference.py": _STARTS_OTHERS}, tmp_path, prefix=prefix)
    try:
        wait_until_ready(server)
        code, orphan, parent = _ask(server, "start")
        assert (code, parent) == (7, 1)
        assert wait_until(lambda: _ask(server, orphan) == [False], 20), "it is a zombie"
        os.kill(first_process_of(server.process.pid), signal.SIGTERM)
        assert server.process.wait(30) == 0
    finally:
        server.process.kill()
        server.process.wait()


_WRITES = """\
import os, tempfile

def model_fn(model_dir):
    try:
        open(os.path.join(model_dir, "mine"), "w")
    except OSError as error:
        return error.errno

def predict_fn(data, model):
    with tempfile.NamedTemporaryFile() as file:
        return [model, os.path.dirname(file.name)]
"""


def test_where_only_the_temporary_folder_can_be_written_it_serves(tmp_path: Path) -> None:
    """As in a serverless container: image, model and shared memory are read-only (L-13)."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    setup = f"""\
mount --bind '{scratch}' '{scratch}'
test ! -d /dev/shm || mount -t tmpfs -o ro none /dev/shm
mount -o remount,bind,ro / || mount -o remount,ro /
! touch '{tmp_path}/cannot' 2>/dev/null
"""
    prefix = isolated("--mount", "--map-root-user", setup=setup)
    with serving({"inference.py": _WRITES}, tmp_path, {"TMPDIR": str(scratch)}, prefix) as server:
        assert _ask(server, [1]) == [30, str(scratch)]
    assert not (tmp_path / "cannot").exists()
