"""torchrun jobs of two hosts, with the real torch."""

from __future__ import annotations

import importlib.util
import signal
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cluster import Cluster

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed in this environment"),
    pytest.mark.timeout(180),
]

_TORCHRUN = {"sagemaker_torch_distributed_enabled": "true", "sagemaker_mpi_num_of_processes_per_host": "2"}
_RANK = """\
import os, pathlib, signal, sys, time
rank = int(os.environ["RANK"])
model = pathlib.Path(os.environ["SM_MODEL_DIR"])
def say(name, text=""):
    (model / name).write_text(text)
"""
_GLOO = "import torch\nfrom torch import distributed\ndistributed.init_process_group('gloo')\n"
_SLEEPS = _RANK + "if rank % 2 == 0: say('started')\ntime.sleep(60)\n"
_SUMS = (
    _RANK
    + _GLOO
    + (
        "value = torch.tensor([float(rank)])\ndistributed.all_reduce(value)\n"
        "say(f'rank-{rank}', os.environ['SM_CURRENT_HOST'] + f' {value.item():g} {sys.argv[1:]}')\n"
        "distributed.destroy_process_group()\n"
    )
)


def test_ranks_of_all_hosts_meet(cluster: Cluster) -> None:
    """Every rank is in one gloo group over both hosts, and gets the hyperparameters as arguments."""
    codes = cluster.run(_SUMS, {**_TORCHRUN, "epochs": "3"})
    assert codes == [0, 0], "\n".join(host.text("stderr") for host in cluster.hosts)
    for index, host in enumerate(cluster.hosts):
        assert [host.text(f"model/rank-{rank}") for rank in range(4)] == [
            f"{host.name} 6 ['--epochs', '3']" if rank // 2 == index else "" for rank in range(4)
        ]


def test_sdk_v3s_file_asks_for_torchrun(cluster: Cluster) -> None:
    """`distributed.json` with the key `smp` is a torchrun job, with its own count of processes."""
    for host in cluster.hosts:
        drivers = host.base / "input/data/sm_drivers"
        drivers.mkdir(parents=True)
        (drivers / "distributed.json").write_text('{"process_count_per_node": 1, "smp": null}')
    assert cluster.run(_SUMS, {}) == [0, 0], cluster.hosts[0].text("stderr")
    assert [host.text(f"model/rank-{rank}") for rank, host in enumerate(cluster.hosts)] == [
        f"{host.name} 1 []" for host in cluster.hosts
    ]


def test_the_first_failing_ranks_exception_leads_the_report_of_every_host(cluster: Cluster) -> None:
    """Rank 3 raises while the others wait for it in gloo: what they say of that is not the reason."""
    raises = "if rank == 3: raise ValueError('eta must be positive')\ndistributed.barrier()\ntime.sleep(60)\n"
    assert cluster.run(_RANK + _GLOO + raises, _TORCHRUN) == [1, 1]
    for host in cluster.hosts:
        failure = host.text("output/failure")
        assert failure.splitlines()[0] == "ValueError: eta must be positive", host.text("stderr")
        assert f"first failing rank: 3 on host {cluster.hosts[1].name}, exit code 1" in failure


@pytest.mark.parametrize(("end", "code"), [("sys.exit(7)", 7), ("os.kill(os.getpid(), 9)", 137)], ids=["own", "killed"])
def test_the_failing_ranks_code_is_every_hosts_code(cluster: Cluster, end: str, code: int) -> None:
    """Torchrun itself always ends with 1; a rank's own code passes through all the same."""
    assert cluster.run(_RANK + f"if rank == 1: {end}\ntime.sleep(60)", _TORCHRUN) == [code, code]


@pytest.mark.parametrize("killed", [0, 1], ids=["master", "other"])
def test_a_host_that_is_killed_ends_the_others_within_10_seconds(cluster: Cluster, killed: int) -> None:
    """Torchrun alone would wait for minutes."""
    cluster.prepare(_SLEEPS, _TORCHRUN)
    cluster.start()
    cluster.wait_for_file("model/started")
    left = cluster.hosts[1 - killed]
    cluster.hosts[killed].signal(signal.SIGKILL)
    since = time.monotonic()
    assert left.ended() == 1, left.text("stderr")
    assert time.monotonic() - since < 10
    assert f"host {cluster.hosts[killed].name}" in left.text("output/failure").splitlines()[0]


def test_a_host_that_is_cut_off_ends_all_within_10_seconds(namespaces: Cluster) -> None:
    """Both sides notice the silence."""
    namespaces.prepare(_SLEEPS, _TORCHRUN)
    namespaces.start()
    namespaces.wait_for_file("model/started")
    namespaces.hosts[1].cut_off()
    since = time.monotonic()
    assert [host.ended() for host in namespaces.hosts] == [1, 1]
    assert time.monotonic() - since < 10


def test_a_stop_reaches_the_ranks(cluster: Cluster) -> None:
    """SIGTERM lets ranks save on both hosts; nobody reports a failure."""
    script = _RANK + (
        "def save(*_):\n    time.sleep(2)\n    say('saved')\n    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, save)\nsay(f'ready-{rank}')\n"
        "while len(list(model.glob('ready-*'))) < 2: time.sleep(0.01)\n"
        "say('started')\ntime.sleep(60)\n"
    )
    cluster.prepare(script, _TORCHRUN)
    cluster.start()
    cluster.wait_for_file("model/started")
    for host in cluster.hosts:
        host.signal(signal.SIGTERM)
    codes = [host.ended() for host in cluster.hosts]
    assert [(host.base / "model/saved").exists() for host in cluster.hosts] == [True, True], codes
    assert [host.text("output/failure") for host in cluster.hosts] == ["", ""]
    assert 0 not in codes
