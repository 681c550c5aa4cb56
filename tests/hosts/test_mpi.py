"""MPI jobs of two hosts, with the real mpirun."""

from __future__ import annotations

import shutil
import signal
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cluster import Cluster

pytestmark = [
    pytest.mark.skipif(shutil.which("mpirun") is None, reason="Open MPI (openmpi-bin) is not installed"),
    pytest.mark.timeout(120),
]

_MPI = {"sagemaker_mpi_enabled": "true", "sagemaker_mpi_num_of_processes_per_host": "2"}
_RANK = """\
import os, pathlib, signal, sys, time
rank = int(os.environ["OMPI_COMM_WORLD_RANK"])
model = pathlib.Path(os.environ["SM_MODEL_DIR"])
def say(name, text=""):
    (model / name).write_text(text)
"""
_SLEEPS = _RANK + "say(f'started-{rank}')\nif rank % 2 == 0: say('started')\ntime.sleep(60)\n"


def test_every_rank_runs_on_its_host_with_that_hosts_variables(cluster: Cluster) -> None:
    """Ranks fill the hosts in order; the variables are the host's own, and the hosts end together with 0."""
    codes = cluster.run(_RANK + "say(f'rank-{rank}', os.environ['SM_CURRENT_HOST'])", _MPI)
    assert codes == [0, 0], "\n".join(host.text("stderr") for host in cluster.hosts)
    for index, host in enumerate(cluster.hosts):
        assert [host.text(f"model/rank-{rank}") for rank in range(4)] == [
            host.name if rank // 2 == index else "" for rank in range(4)
        ]


def test_a_failing_ranks_exception_leads_the_report_of_every_host(cluster: Cluster) -> None:
    """Rank 3 raises: both hosts end with its code, and name it and its host behind its own words."""
    codes = cluster.run(_RANK + "if rank == 3: raise ValueError('eta must be positive')\ntime.sleep(60)", _MPI)
    assert codes == [1, 1]
    for host in cluster.hosts:
        failure = host.text("output/failure")
        assert failure.splitlines()[0] == "ValueError: eta must be positive", host.text("stderr")
        assert f"first failing rank: 3 on host {cluster.hosts[1].name}, exit code 1" in failure


@pytest.mark.parametrize(
    ("end", "code", "first_line"),
    [
        ("sys.exit(7)", 7, "first failing rank: 1 on host {master}, exit code 7"),
        ("os.kill(os.getpid(), 9)", 137, "killed by SIGKILL"),
    ],
    ids=["exit-code", "killed"],
)
def test_the_failing_ranks_code_is_every_hosts_code(cluster: Cluster, end: str, code: int, first_line: str) -> None:
    """A rank's own code, and 128+n for the signal that killed it, pass through mpirun and the watch."""
    codes = cluster.run(_RANK + f"if rank == 1: {end}\ntime.sleep(60)", _MPI)
    assert codes == [code, code]
    master = cluster.hosts[0].name
    for host in cluster.hosts:
        assert host.text("output/failure").splitlines()[0] == first_line.format(master=master), host.text("stderr")


@pytest.mark.parametrize("killed", [0, 1], ids=["master", "other"])
def test_a_host_that_is_killed_ends_the_others_within_10_seconds(cluster: Cluster, killed: int) -> None:
    """SIGKILL of one host's `train` ends the other's with an error that names the lost host; no rank is left."""
    cluster.prepare(_SLEEPS, _MPI)
    cluster.start()
    cluster.wait_for_file("model/started")
    left = cluster.hosts[1 - killed]
    cluster.hosts[killed].signal(signal.SIGKILL)
    since = time.monotonic()
    assert left.ended() == 1, left.text("stderr")
    assert time.monotonic() - since < 10
    assert f"host {cluster.hosts[killed].name}" in left.text("output/failure").splitlines()[0]


def test_a_host_that_is_cut_off_ends_all_within_10_seconds(namespaces: Cluster) -> None:
    """Nothing closes a connection when a cable is cut: both sides notice the silence."""
    namespaces.prepare(_SLEEPS, _MPI)
    namespaces.start()
    namespaces.wait_for_file("model/started")
    namespaces.hosts[1].cut_off()
    since = time.monotonic()
    assert [host.ended() for host in namespaces.hosts] == [1, 1]
    assert time.monotonic() - since < 10
    first, second = (host.text("output/failure").splitlines()[0] for host in namespaces.hosts)
    assert first == "lost contact with host algo-2: silent for 6 s"
    assert second == "lost contact with the master host algo-1: silent for 6 s"


def test_a_stop_reaches_the_ranks_and_gives_them_their_grace(cluster: Cluster) -> None:
    """Ranks on both hosts hear SIGTERM themselves, and have more time than mpirun would give them."""
    script = _RANK + (
        "def save(*_):\n    time.sleep(7)\n    say(f'saved-{rank}')\n    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, save)\nsay(f'ready-{rank}')\n"
        "while len(list(model.glob('ready-*'))) < 2: time.sleep(0.01)\n"
        "say('started')\ntime.sleep(60)\n"
    )
    cluster.prepare(script, _MPI)
    cluster.start()
    cluster.wait_for_file("model/started")
    for host in cluster.hosts:
        host.signal(signal.SIGTERM)
    codes = [host.ended() for host in cluster.hosts]
    saved = [(host.base / f"model/saved-{rank}").exists() for host in cluster.hosts for rank in range(4)]
    assert saved == [True, True, False, False, False, False, True, True], cluster.hosts[0].text("stderr")
    assert codes == [0, 143]
    assert [host.text("output/failure") for host in cluster.hosts] == ["", ""]


def test_hosts_outside_the_distribution_groups_run_one_process(cluster: Cluster) -> None:
    """The second group alone is distributed: the first host runs the script once, as a plain process."""
    groups = [
        {"instance_group_name": f"group-{index}", "instance_type": "ml.m5.large", "hosts": [host.name]}
        for index, host in enumerate(cluster.hosts)
    ]
    script = (
        "import os, pathlib\n"
        "name = 'rank-' + os.environ.get('OMPI_COMM_WORLD_RANK', 'none')\n"
        "pathlib.Path(os.environ['SM_MODEL_DIR'], name).write_text(os.environ['SM_MASTER_ADDR'])\n"
    )
    hyperparameters = {**_MPI, "sagemaker_distribution_instance_groups": '["group-1"]'}
    assert cluster.run(script, hyperparameters, instance_groups=groups) == [0, 0], cluster.hosts[1].text("stderr")
    first, second = cluster.hosts
    assert sorted(path.name for path in (first.base / "model").iterdir()) == ["rank-none"]
    assert sorted(path.name for path in (second.base / "model").iterdir()) == ["rank-0", "rank-1"]
    assert first.text("model/rank-none") == second.text("model/rank-0") == second.name


def test_hosts_of_different_jobs_do_not_work_together(cluster: Cluster) -> None:
    """Another secret is refused on both sides, and the error tells what must be the same."""
    cluster.prepare(_SLEEPS, _MPI)
    for host in cluster.hosts:
        host.train({**cluster.variables, "BYOML_STATUS_SECRET": host.name, "BYOML_PEER_TIMEOUT_SECONDS": "3"})
    assert [host.ended() for host in cluster.hosts] == [1, 1]
    master, other = cluster.hosts
    assert "BYOML_STATUS_SECRET" in master.text("output/failure").splitlines()[0]
    assert "it does not know the job's secret" in other.text("stderr")
    assert not (other.base / "model/started").exists()
