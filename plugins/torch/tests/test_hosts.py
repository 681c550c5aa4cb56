"""Jobs of two hosts: the built-in algorithm through torchrun, and a script that makes its own process group."""

from __future__ import annotations

import io
import json
import re
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from blackbox import free_port, wait_until
from byoml.environment.training_env import TrainingEnv
from byoml.testing.container import Container
from byoml_torch.framework import Torch
from cluster import Cluster, Host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

pytestmark = pytest.mark.timeout(300)

_SCRIPT = Path(__file__).parent / "scripts/mnist.py"
_SECONDS = 120


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Two hosts on addresses of the loopback."""
    hosts = [Host(name, tmp_path / name) for name in ("127.0.0.1", "127.0.0.2")]
    ports = {"BYOML_STATUS_PORT": str(free_port()), "BYOML_TORCHRUN_MASTER_PORT": str(free_port())}
    variables = {"BYOML_FRAMEWORK": "torch", "TRAINING_JOB_NAME": "job", "OMP_NUM_THREADS": "1", **ports}
    cluster = Cluster(hosts, variables)
    try:
        yield cluster
    finally:
        cluster.end()


def prepare(cluster: Cluster, hyperparameters: Mapping[str, Any], channels: Mapping[str, Path]) -> None:
    """Write the trees of a job."""
    names = [host.name for host in cluster.hosts]
    for host in cluster.hosts:
        for folder in ("input/config", "input/data", "code", "checkpoints"):
            (host.base / folder).mkdir(parents=True)
        resources = {"current_host": host.name, "hosts": names, "network_interface_name": "lo"}
        for name, value in (("hyperparameters", hyperparameters), ("resourceconfig", resources)):
            (host.base / f"input/config/{name}.json").write_text(json.dumps(value))
        for name, path in channels.items():
            (host.base / "input/data" / name).symlink_to(path)


def told(cluster: Cluster) -> str:
    """What all hosts have written to stderr."""
    return "\n".join(host.text("stderr") for host in cluster.hosts)


def test_the_algorithm_trains_one_network_on_both_hosts(cluster: Cluster, few: Mapping[str, Path]) -> None:
    """Both end with the same parameters, every picture counts once, and the first host keeps what is left."""
    prepare(cluster, {"epochs": "2", "batch-size": "16"}, few)
    cluster.start()
    assert [host.ended(_SECONDS) for host in cluster.hosts] == [0, 0], told(cluster)

    found = re.findall(r"rank (\d) of 2 has the parameters (\w+)", told(cluster))
    assert sorted(rank for rank, _ in found) == ["0", "1"]
    assert len({digest for _, digest in found}) == 1
    first, second = cluster.hosts
    assert [line.split("\t")[0] for line in first.text("stdout").splitlines()] == ["epoch:1", "epoch:2"]
    assert second.text("stdout") == ""
    assert sorted(path.name for path in (first.base / "model").iterdir()) == ["model.pt2", "model.pth"]
    assert list((second.base / "model").iterdir()) == []
    with np.load(few["validation"] / "digits.npz") as arrays:
        framework = Torch()
        predicted = framework.predict_fn(arrays["data"], framework.model_fn(first.base / "model")).argmax(1).numpy()
        right = float((predicted == arrays["labels"]).mean())
    log = json.loads(first.text("output/data/log.json"))
    assert log[-1]["validation-accuracy"] == pytest.approx(right)


def test_a_stop_lets_both_hosts_save(cluster: Cluster, few: Mapping[str, Path]) -> None:
    """SIGTERM ends all ranks at the same step, with the model and a checkpoint on the first host."""
    prepare(cluster, {"epochs": "100000", "batch-size": "16"}, few)
    cluster.start()
    first = cluster.hosts[0]
    assert wait_until(lambda: "epoch:1" in first.text("stdout"), _SECONDS), told(cluster)

    for host in cluster.hosts:
        host.signal(signal.SIGTERM)
    for host in cluster.hosts:
        host.ended(_SECONDS)

    assert sorted(path.name for path in (first.base / "model").iterdir()) == ["model.pt2", "model.pth"], told(cluster)
    assert list((first.base / "checkpoints").glob("training-*.pt")), told(cluster)
    assert [host.text("output/failure") for host in cluster.hosts] == ["", ""]


def test_a_script_of_awss_container_trains_and_serves_unchanged(
    cluster: Cluster, shared_data: Path, tmp_path: Path
) -> None:
    """It finds its peers by MASTER_ADDR, learns MNIST on both hosts alike, and answers by its hook functions."""
    asked = {"epochs": "8", "batch-size": "16", "lr": "0.05", "momentum": "0.9", "backend": "gloo"}
    prepare(cluster, {"sagemaker_program": "mnist.py", **asked}, {})
    for host in cluster.hosts:
        shutil.copy(_SCRIPT, host.base / "code")
        (host.base / "input/data/training").symlink_to(shared_data / "mnist")
    cluster.start(MASTER_PORT=str(free_port()))
    assert [host.ended(_SECONDS) for host in cluster.hosts] == [0, 0], told(cluster)
    first, second = (host.text("stdout").splitlines() for host in cluster.hosts)
    sums = [[line for line in lines if line.startswith("Sum of weights")] for lines in (first, second)]
    assert sums[0] == sums[1] != []

    container = Container(tmp_path / "serve", {"BYOML_FRAMEWORK": "torch", "SAGEMAKER_PROGRAM": "mnist.py"})
    shutil.copytree(cluster.hosts[0].base / "model", container.paths.model, dirs_exist_ok=True)
    container.write({"code/mnist.py": _SCRIPT.read_text()})
    body = (shared_data / "mnist/eval_data.npy").read_bytes()
    with container.serve() as endpoint:
        answer = endpoint.invoke(body, "application/x-npy", "application/x-npy")

    assert answer.status == 200, answer.body
    right = np.load(io.BytesIO(answer.body)).argmax(1) == np.load(shared_data / "mnist/eval_labels.npy")
    assert f"Test accuracy: {right.mean():.4f}" in second
    assert right.mean() > 0.8


@pytest.mark.parametrize(
    ("counts", "sides", "says"),
    [
        ((2, 2), (4, 5), "TrainingRefusedError: PyTorch .*: the hosts have pictures of different sizes"),
        ((1, 1), (4, 4), r"ChannelDataError: .*: 1 pictures are too few for the processes that share them; .*"),
    ],
    ids=["sizes", "few"],
)
def test_pictures_that_hosts_cannot_share_are_refused(
    start: Callable[..., Any], tmp_path: Path, counts: tuple[int, ...], sides: tuple[int, ...], says: str
) -> None:
    """Each process says in its last line what is wrong, also the one that would have something to learn from."""
    peers = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    processes = []
    for rank, (count, side) in enumerate(zip(counts, sides, strict=True)):
        base = tmp_path / str(rank)
        base.mkdir()
        np.savez(base / "a.npz", data=np.zeros((count, 1, side, side), np.float32), labels=np.zeros(count, int))
        processes.append(start({"train": base}, base / "model", {}, RANK=str(rank), **peers))
    ended = [(process.communicate()[1], process.returncode) for process in processes]

    for stderr, code in ended:
        assert code == 1
        assert re.fullmatch(says, stderr.splitlines()[-1]), stderr


@pytest.mark.parametrize(
    ("script", "hosts", "name"),
    [(None, 2, "torchrun"), (None, 1, None), ("train.py", 2, None)],
    ids=["algorithm", "one-host", "script"],
)
def test_torchrun_starts_the_algorithm_on_several_hosts(
    tmp_path: Path, script: str | None, hosts: int, name: str | None
) -> None:
    """A script's processes are started as the job asks for it, as on AWS."""
    container = Container(tmp_path)
    names = [f"algo-{number + 1}" for number in range(hosts)]
    container.write({"input/config/resourceconfig.json": {"current_host": "algo-1", "hosts": names}})
    if script:
        container.write({f"code/{script}": ""})

    launcher = Torch().launcher(TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(container.paths.base)}))

    assert getattr(launcher, "name", None) == name


def test_the_variables_are_those_of_awss_container(tmp_path: Path) -> None:
    """What the job's own environment says of them stays."""
    container = Container(tmp_path)
    resources = {"current_host": "algo-2", "hosts": ["algo-1", "algo-2"], "network_interface_name": "eth7"}
    container.write({"input/config/resourceconfig.json": resources})
    environ = {"SAGEMAKER_BASE_DIR": str(container.paths.base), "NCCL_DEBUG": "INFO"}

    variables = Torch().env_vars(TrainingEnv.read(environ))

    assert re.fullmatch(r"\d+\.\d+\.\d+", variables["SM_DLC_TORCH_VERSION"])
    assert {name: value for name, value in variables.items() if name != "SM_DLC_TORCH_VERSION"} == {
        "MASTER_ADDR": "algo-1",
        "MASTER_PORT": "7777",
        "NCCL_SOCKET_IFNAME": "eth7",
        "NCCL_IB_DISABLE": "1",
    }
